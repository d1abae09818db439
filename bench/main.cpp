// Measures Keelrow beside its peers. bench/run builds it, makes the peers' venv and starts it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "base/data_for_test.h"
#include "base/error.h"
#include "base/files.h"
#include "base/parallel.h"
#include "base/process.h"
#include "base/stop.h"
#include "case.h"
#include "guarded_main.h"
#include "measure.h"
#include "page.h"

namespace keelrow::bench {
namespace {

struct Arguments {
  std::string suite;
  std::string only;  // a case
  std::string output = "table";
  int runs = 5;
  Places places;
  std::vector<fs::path> results;  // of `page`
};

bool Wanted(const Case& one, const Arguments& arguments) {
  return arguments.only.empty() || arguments.only == one.name;
}

/// Says so where not.
bool HasData(const Case& one) {
  if (one.data.empty() || fs::exists(DataForTest(one.data))) return true;
  fmt::print(stderr, "{} {} is skipped: {}\n", one.suite, one.name, AbsentData(one.data));
  return false;
}

std::vector<Case> WantedCases(const Arguments& arguments) {
  std::vector<Case> cases;
  for (const Suite& suite : Suites()) {
    if (!arguments.suite.empty() && arguments.suite != suite.name) continue;
    std::ranges::copy_if(suite.cases(), std::back_inserter(cases),
                         [&](const Case& one) { return Wanted(one, arguments); });
  }
  if (!cases.empty()) return cases;
  throw Error(Code::kUsage, "there is no such suite or case",
              {.hint = "the suites are the rows of bench/suites.cpp"});
}

/// 0 when every answer was right. A row is printed as soon as it is known.
int MeasureAll(Arguments arguments) {
  const TemporaryFolder scratch;
  arguments.places.bin = ProgramPath().parent_path();
  arguments.places.threads = AvailableCores();
  std::vector<Row> rows;
  for (const Case& one : WantedCases(arguments)) {
    if (!HasData(one)) continue;
    arguments.places.scratch = scratch.path() / one.name;
    MakeFolders(arguments.places.scratch);
    rows.push_back(Measure(one, arguments.places, arguments.runs));
    if (arguments.output == "json") std::printf("%s\n", ToJson(rows.back()).dump().c_str());
    std::fflush(stdout);
  }
  if (arguments.output == "table") std::fputs(RenderRows(rows).c_str(), stdout);
  return std::ranges::all_of(rows, &Row::correct) ? 0 : 1;
}

void Define(CLI::App& app, Arguments& arguments) {
  app.add_option("suite", arguments.suite, "Only this suite");
  app.add_option("-o,--output", arguments.output, "table, or json: a row a line")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  app.add_option("-n,--runs", arguments.runs, "Pairs of runs of each case")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--case", arguments.only, "Only this case");
  app.add_option("--source", arguments.places.source, "The repository")->required();
  app.add_option("--python", arguments.places.python, "Python with the peers installed");
  app.add_option("--page", arguments.results, "Print the page of these rows; measure nothing");
}

int Main(int argc, char** argv) {
  CLI::App app("Measures Keelrow beside its peers, alternately in one run.", "bench/run");
  Arguments arguments;
  Define(app, arguments);
  CLI11_PARSE(app, argc, argv);
  InstallStopSignals();
  if (arguments.results.empty()) return MeasureAll(arguments);
  std::fputs(RenderPage(ReadRows(arguments.results)).c_str(), stdout);
  return 0;
}

}  // namespace
}  // namespace keelrow::bench

int main(int argc, char** argv) {
  return keelrow::bench::GuardedMain(keelrow::bench::Main, argc, argv);
}
