// clean: gives disk space back.
#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "pipeline/clean.h"

namespace keelrow::cli {
namespace {

void Clean(const Globals& globals, const pipeline::CleanOptions& options) {
  const pipeline::CleanResult result = pipeline::Clean(globals.OpenWorkspace(), options);
  if (globals.json()) {
    const Json json = {{"removed", result.removed},
                       {"in_use", result.in_use},
                       {"unfinished", result.unfinished},
                       {"bytes", result.bytes},
                       {"dry_run", options.dry_run}};
    fmt::print("{}\n", json.dump(1));
    return;
  }
  for (const std::string& id : result.removed) fmt::print("  {}\n", id);
  for (const std::string& id : result.unfinished) {
    fmt::print("  {} stays: `keelrow run` can go on from it\n", id);
  }
  for (const std::string& id : result.in_use) fmt::print("  {} stays: a run uses it\n", id);
  fmt::print("{} {} outputs, {}.\n", options.dry_run ? "Would remove" : "Removed",
             result.removed.size(), HumanBytes(static_cast<double>(result.bytes)));
}

}  // namespace

void DefineClean(CLI::App& command, Globals& globals, Outcome&) {
  auto options = std::make_shared<pipeline::CleanOptions>();
  command.add_flag("--all", options->all,
                   "What the newest run uses, and unfinished trainings, too");
  command.add_flag("--dry-run", options->dry_run, "Only say what would go");
  command.callback([&globals, options] { Clean(globals, *options); });
}

}  // namespace keelrow::cli
