#include <fmt/format.h>

#include <cstdio>

#include "base/files.h"
#include "cli/commands.h"
#include "cli/run_session.h"
#include "data/catalog.h"
#include "data/quality.h"
#include "project/job_source.h"
#include "report/data_report.h"
#include "steps/data_report.h"
#include "steps/steps.h"

namespace keelrow::cli {
namespace {

/// As the step `check` has it.
job::StepJob CheckJob(const Globals& globals) {
  return {.config = globals.LoadProject().canonical,
          .project_folder = globals.OpenWorkspace().project_folder()};
}

int64_t Filled(const std::vector<data::Imputation>& imputed) {
  int64_t filled = 0;
  for (const data::Imputation& column : imputed) filled += column.filled;
  return filled;
}

void Print(const data::QualityResult& result, const Globals& globals) {
  if (globals.json()) {
    fmt::print("{}\n", data::ToJson(result).dump(1));
    return;
  }
  fmt::print("{}", data::RenderQuality(result.report));
  if (!result.cleaned) return;
  fmt::print("\nAfter cleaning, by which {} examples were set aside and {} values filled:\n{}",
             result.set_aside.size(), Filled(result.imputed), data::RenderQuality(*result.cleaned));
}

struct SplitArguments {
  std::string list;  // a subset whose files are printed
  int limit = 0;     // 0: all
};

/// Runs the pipeline as far as the split, and shows it.
void ShowSplit(const Globals& globals, const SplitArguments& arguments) {
  RunSession session(globals);
  const pipeline::PlanOptions options{.until = "split"};
  session.Run(options);
  const fs::path folder = session.Output("split", options);
  if (arguments.list.empty()) {
    fmt::print("{}\n", ReadJsonFile(folder / "split.json").dump(1));
    return;
  }
  const data::Catalog catalog = data::ReadCatalog(folder / steps::kExamplesFile);
  const auto source = session.OpenSource();
  int printed = 0;
  for (const data::Example& example : catalog.In(data::SubsetOf(arguments.list))) {
    if (arguments.limit > 0 && printed++ >= arguments.limit) break;
    fmt::print("{}\n", source->Locate(example));
  }
}

void DefineCheck(CLI::App& command, Globals& globals, Outcome& outcome) {
  command.fallthrough();
  command.callback([&globals, &outcome] {
    const job::StepJob job = CheckJob(globals);
    const data::QualityResult result =
        steps::MeasureQuality(job, project::OpenJobSource(job)->List());
    Print(result, globals);
    if (!result.passed) {
      outcome.exit_code = Info(Code::kQuality).exit_code;
      std::fflush(stdout);
      fmt::print(stderr, "{}", result.Failure().Render());
    }
  });
}

void WriteReport(const Globals& globals, const fs::path& file) {
  const job::StepJob job = CheckJob(globals);
  const std::vector<data::Example> examples = project::OpenJobSource(job)->List();
  const data::QualityResult result = steps::MeasureQuality(job, examples);
  WriteFileDurably(file, report::RenderDataReport(steps::DescribeData(job, examples, result)));
  if (globals.json()) {
    fmt::print("{}\n", Json{{"file", file.string()}, {"passed", result.passed}}.dump());
  } else if (!globals.quiet) {
    fmt::print("{}: {} examples, the limits are {}\n", file.string(), examples.size(),
               result.passed ? "kept" : "broken");
  }
}

void DefineReport(CLI::App& command, Globals& globals) {
  auto file = std::make_shared<std::string>("data.html");
  command.fallthrough();
  command.add_option("--to", *file, "The file to write")->capture_default_str();
  command.callback([&globals, file] { WriteReport(globals, *file); });
}

void DefineSplit(CLI::App& command, Globals& globals) {
  auto arguments = std::make_shared<SplitArguments>();
  command.fallthrough();
  command.add_option("--list", arguments->list, "Print the files of train, validation or test");
  command.add_option("--limit", arguments->limit, "At most so many files");
  command.callback([&globals, arguments] { ShowSplit(globals, *arguments); });
}

}  // namespace

void DefineData(CLI::App& command, Globals& globals, Outcome& outcome) {
  command.require_subcommand(1);
  DefineCheck(*command.add_subcommand("check",
                                      "Measure the quality of the data against "
                                      "data.quality; exit code 1 on a violation"),
              globals, outcome);
  DefineReport(*command.add_subcommand("report",
                                       "Write a page about the data: classes, columns, pictures, "
                                       "what the checks found, before and after cleaning"),
               globals);
  DefineSplit(*command.add_subcommand("split", "Show how the examples are divided"), globals);
  DefineAugment(*command.add_subcommand("augment", "Show what `augment` makes of the pictures"),
                globals);
  DefineLabels(*command.add_subcommand("labels",
                                       "Check drawn labels and how far annotators agree; exit "
                                       "code 1 on a finding"),
               globals, outcome);
  DefineLabelErrors(*command.add_subcommand("label-errors",
                                            "List labels that a cross-validation takes for wrong, "
                                            "the surest first"),
                    globals);
}

}  // namespace keelrow::cli
