#include "page.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/files.h"
#include "base/text.h"

namespace keelrow::bench {
namespace {

constexpr const char* kIntroduction =
    "# Benchmarks\n\n"
    "<!-- the sections are made by `bench/run --page ROWS.jsonl`; do not edit them -->\n\n"
    "Each case runs Keelrow and its peer in turn on one machine: ours, theirs, ours, theirs. "
    "Figures "
    "are medians; `ratio` is turned so that above 1 Keelrow is better, and its spread is that of "
    "the "
    "pairs. A case counts only when both sides gave the right answer. Cases that are lost stay. "
    "To run them: `make bench`, or `make bench SUITE=images`.\n";

std::string Figures(const Row& row) {
  return fmt::format(
      "| {} | {} | {} | {:.4g} | {:.4g} | **{:.2f}** | {:.2f} … {:.2f} | {} | {} |\n", row.name,
      row.peer, row.unit, row.ours, row.theirs, row.ratio, row.least, row.most, row.runs,
      row.correct ? "yes" : "**no**");
}

std::string Explanation(const Suite& suite, const Row& row) {
  for (const Case& one : suite.cases()) {
    if (one.name != row.name || one.peer != row.peer) continue;
    const std::string name =
        suite.several_peers ? fmt::format("{} / {}", one.name, one.peer) : one.name;
    return fmt::format("- **{}**: {} *What limits it:* {}\n", name, one.help, one.limit);
  }
  return "";
}

/// The machines of all rows, each with the least and the largest load.
std::string Machines(std::span<const Row> rows) {
  std::map<std::string, std::set<double>> loads;
  for (const Row& row : rows) loads[row.machine].insert(row.load);
  std::vector<std::string> machines;
  for (const auto& [machine, load] : loads) {
    machines.push_back(
        fmt::format("{}, load {:.1f} to {:.1f}", machine, *load.begin(), *load.rbegin()));
  }
  return JoinText(machines, "; ");
}

std::string Section(const Suite& suite, std::span<const Row> rows) {
  std::string table;
  std::string explanations;
  std::vector<Row> own;
  for (const Row& row : rows) {
    if (row.suite != suite.name) continue;
    table += Figures(row);
    explanations += Explanation(suite, row);
    own.push_back(row);
  }
  if (table.empty()) return "";
  return fmt::format(
      "\n## {}\n{}\n"
      "| case | peer | unit | ours | theirs | ratio | spread | runs | right |\n"
      "| --- | --- | --- | ---: | ---: | ---: | --- | ---: | --- |\n{}\n{}\nMachine: {}.\n",
      suite.name, suite.findings, table, explanations, Machines(own));
}

}  // namespace

std::vector<Row> ReadRows(std::span<const std::filesystem::path> files) {
  std::vector<Row> rows;
  for (const std::filesystem::path& file : files) {
    for (const std::string& line : SplitText(ReadFile(file), '\n')) {
      if (!line.empty()) rows.push_back(RowFromJson(ParseJson(line, file.string()).Value()));
    }
  }
  return rows;
}

std::string RenderPage(std::span<const Row> rows) {
  std::string page = kIntroduction;
  for (const Suite& suite : Suites()) page += Section(suite, rows);
  return page;
}

std::string RenderRows(std::span<const Row> rows) {
  std::vector<std::vector<std::string>> table = {
      {"suite", "case", "peer", "unit", "ours", "theirs", "ratio", "spread", "runs", "right"}};
  for (const Row& row : rows) {
    table.push_back({row.suite, row.name, row.peer, row.unit, fmt::format("{:.4g}", row.ours),
                     fmt::format("{:.4g}", row.theirs), fmt::format("{:.2f}", row.ratio),
                     fmt::format("{:.2f}-{:.2f}", row.least, row.most), std::to_string(row.runs),
                     row.correct ? "yes" : "NO"});
  }
  return RenderTable(table);
}

}  // namespace keelrow::bench
