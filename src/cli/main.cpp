#include <unistd.h>

#include <cstdio>

#include "base/log.h"
#include "base/stop.h"
#include "base/text.h"
#include "cli/commands.h"
#include "project/step_job.h"

namespace keelrow::cli {
namespace {

void AddGlobalOptions(CLI::App& app, Globals& globals) {
  app.add_option("-f,--file", globals.file, "The project file")->capture_default_str();
  app.add_option("--env", globals.env, "An environment of the project file");
  app.add_option("-o,--output", globals.output, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  app.add_option("--set", globals.set, "Override a key: --set train.epochs=3")
      ->allow_extra_args(false);
  app.add_flag("--locked", globals.locked, "Refuse to run anything but what keelrow.lock names");
  app.add_flag("--offline", globals.offline, "Never use the network");
  app.add_flag("-q,--quiet", globals.quiet, "Print results and errors only");
  app.add_flag("-v,--verbose", globals.verbose, "Print more");
  app.add_flag("--no-color", globals.no_color, "Plain text on a terminal too");
}

void AddCommands(CLI::App& app, Globals& globals, Outcome& outcome) {
  for (const Command& row : Commands()) {
    CLI::App* command = app.add_subcommand(row.name, row.help)->group(row.group);
    command->fallthrough();
    row.define(*command, globals, outcome);
  }
}

std::string HintFor(const CLI::ParseError& failure, int argc, char** argv) {
  std::vector<std::string> names;
  for (const Command& row : Commands()) names.emplace_back(row.name);
  for (int i = 1; i < argc; ++i) {
    const std::string hint = DidYouMean(argv[i], names);
    const bool known = std::find(names.begin(), names.end(), argv[i]) != names.end();
    if (!known && !hint.empty() && argv[i][0] != '-') return hint;
  }
  return "see `keelrow --help`";
}

int ReportUsage(const CLI::App& app, const CLI::ParseError& failure, int argc, char** argv) {
  if (failure.get_exit_code() == 0) return app.exit(failure);  // --help
  const Error error(Code::kUsage, failure.what(), {.hint = HintFor(failure, argc, argv)});
  std::fputs(error.Render().c_str(), stderr);
  return Info(Code::kUsage).exit_code;
}

int ReportError(const Error& error) {
  std::fputs(error.Render().c_str(), stderr);
  return Info(error.code()).exit_code;
}

int Main(int argc, char** argv) {
  CLI::App app("Keelrow: from raw data to a launched, monitored model.", "keelrow");
  Globals globals;
  Outcome outcome;
  app.require_subcommand(1);
  AddGlobalOptions(app, globals);
  AddCommands(app, globals, outcome);
  try {
    InstallStopSignals();
    app.parse(argc, argv);
    return outcome.exit_code;
  } catch (const CLI::ParseError& failure) {
    return ReportUsage(app, failure, argc, argv);
  } catch (const Error& error) {
    return ReportError(error);
  } catch (const std::filesystem::filesystem_error& failure) {
    return ReportError(Error(Code::kIo, failure.what()));
  } catch (const std::exception& failure) {
    return ReportError(Error(Code::kInternal, failure.what()));
  }
}

}  // namespace
}  // namespace keelrow::cli

int main(int argc, char** argv) { return keelrow::cli::Main(argc, argv); }
