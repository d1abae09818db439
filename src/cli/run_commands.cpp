// plan and run: the pipeline from the command line.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/run_session.h"

namespace keelrow::cli {
namespace {

constexpr int kWouldRun = 4;  // of `plan --detailed-exitcode`

struct Selection {
  std::vector<std::string> steps;
  std::string until;
  std::vector<std::string> force;
};

void AddSelection(CLI::App& command, Selection& selection) {
  command.add_option("steps", selection.steps, "Only these steps and what they need");
  command.add_option("--until", selection.until, "Up to and including this step");
  command.add_option("--force", selection.force, "Run this step even when its output is kept")
      ->allow_extra_args(false);
}

pipeline::PlanOptions ToOptions(const Selection& selection) {
  return {.only = selection.steps, .until = selection.until, .force = selection.force};
}

void WritePlan(const pipeline::Plan& plan, const std::string& path) {
  WriteJsonFile(path, pipeline::PlanToJson(plan));
}

}  // namespace

void DefinePlan(CLI::App& command, Globals& globals, Outcome& outcome) {
  auto selection = std::make_shared<Selection>();
  auto detailed = std::make_shared<bool>(false);
  auto out = std::make_shared<std::string>();
  AddSelection(command, *selection);
  command.add_option("--out", *out, "Write the plan as JSON to this file");
  command.add_flag("--detailed-exitcode", *detailed, "Exit with 4 when something would run");
  command.callback([&globals, &outcome, selection, detailed, out] {
    const RunSession session(globals);
    const pipeline::Plan plan = session.Plan(ToOptions(*selection));
    if (!out->empty()) WritePlan(plan, *out);
    fmt::print("{}", globals.json() ? pipeline::PlanToJson(plan).dump(1) + "\n"
                                    : pipeline::RenderPlan(plan));
    if (*detailed && plan.CountToRun() > 0) outcome.exit_code = kWouldRun;
  });
}

void DefineRun(CLI::App& command, Globals& globals, Outcome&) {
  auto selection = std::make_shared<Selection>();
  AddSelection(command, *selection);
  command.callback([&globals, selection] {
    RunSession session(globals);
    const RunSummary summary = session.Run(ToOptions(*selection));
    fmt::print("{}", globals.json() ? summary.ToJson().dump(1) + "\n" : summary.Render());
  });
}

}  // namespace keelrow::cli
