#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/run_session.h"
#include "evaluate/label_errors.h"

namespace keelrow::cli {
namespace {

struct LabelErrorArguments {
  int limit = 20;  // 0: all
  bool all = false;
};

std::vector<evaluate::SuspectLabel> Read(const Globals& globals) {
  const project::LoadedProject loaded = globals.LoadProject();
  if (loaded.project.cross_validation.folds == 0) {
    throw Error(Code::kNotFound, "label errors are found by a cross-validation, which is off",
                {.hint = "set `cross_validation.folds: 5` and `keelrow run cross_validate`"});
  }
  const fs::path file = RunSession(globals).Output("cross_validate", {}) / "label_errors.json";
  return evaluate::SuspectLabelsFromJson(ReadJsonFile(file), file.string());
}

void Print(const std::vector<evaluate::SuspectLabel>& labels, size_t shown) {
  if (labels.empty()) {
    fmt::print("No label is likely wrong.\n");
    return;
  }
  std::vector<std::vector<std::string>> rows = {{"example", "label", "suggested", "score", ""}};
  for (size_t i = 0; i < shown; ++i) {
    const evaluate::SuspectLabel& suspect = labels[i];
    rows.push_back({suspect.id, suspect.label, suspect.suggested,
                    fmt::format("{:.4f}", suspect.score), suspect.error ? "likely wrong" : ""});
  }
  fmt::print("{}", RenderTable(rows));
  if (shown < labels.size()) {
    fmt::print("{} more are not shown: --limit 0\n", labels.size() - shown);
  }
}

void List(const Globals& globals, const LabelErrorArguments& arguments) {
  std::vector<evaluate::SuspectLabel> labels = Read(globals);
  if (!arguments.all) {
    std::erase_if(labels, [](const evaluate::SuspectLabel& suspect) { return !suspect.error; });
  }
  const size_t shown = arguments.limit == 0
                           ? labels.size()
                           : std::min(labels.size(), static_cast<size_t>(arguments.limit));
  if (globals.json()) {
    labels.resize(shown);
    fmt::print("{}\n",
               evaluate::ToJson(labels).dump(1, ' ', false, Json::error_handler_t::replace));
    return;
  }
  Print(labels, shown);
}

}  // namespace

void DefineLabelErrors(CLI::App& command, Globals& globals) {
  auto arguments = std::make_shared<LabelErrorArguments>();
  command.fallthrough();
  command.add_option("--limit", arguments->limit, "At most so many; 0: all")
      ->check(CLI::Range(0, 1'000'000'000))
      ->capture_default_str();
  command.add_flag("--all", arguments->all,
                   "After the likely errors every other example that models would call "
                   "something else");
  command.callback([&globals, arguments] { List(globals, *arguments); });
}

}  // namespace keelrow::cli
