#include <fmt/format.h>

#include <cerrno>
#include <cstdio>

#include "base/log.h"
#include "base/stop.h"
#include "base/text.h"
#include "cli/commands.h"
#include "job/step_job.h"

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

std::vector<std::string> CommandsOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

/// A word that nothing is called is answered with the nearest name that would do in its place.
Error UsageError(const CLI::App& app, const CLI::ParseError& failure) {
  std::string place = "keelrow";
  std::vector<std::string> options = LongOptions(app);
  const CLI::App* reached = &app;
  while (!reached->get_subcommands().empty()) {
    reached = reached->get_subcommands().front();
    place += " " + reached->get_name();
    for (std::string& option : LongOptions(*reached)) options.push_back(std::move(option));
  }
  const std::vector<std::string> commands = CommandsOf(*reached);
  const std::vector<std::string> unknown = app.remaining(true);
  const bool option = !unknown.empty() && unknown[0].starts_with('-');
  std::string message = failure.what();
  std::string hint;
  if (option || (!unknown.empty() && !commands.empty())) {
    message = fmt::format("`{}` has no {} `{}`", place, option ? "option" : "command", unknown[0]);
    hint = DidYouMean(unknown[0], option ? options : commands);
  }
  if (hint.empty()) hint = fmt::format("see `{} --help`", place);
  return Error(Code::kUsage, message, {.hint = hint});
}

int ReportUsage(const CLI::App& app, const CLI::ParseError& failure) {
  if (failure.get_exit_code() == 0) return app.exit(failure);  // --help
  std::fputs(UsageError(app, failure).Render().c_str(), stderr);
  return Info(Code::kUsage).exit_code;
}

int ReportError(const Error& error) {
  std::fputs(error.Render().c_str(), stderr);
  return Info(error.code()).exit_code;
}

/// What was printed may still be on its way to a full disk. A reader that went away, such as
/// `head`, wanted no more.
void FlushOutput() {
  if (std::fflush(stdout) != 0 && errno != EPIPE) throw ErrnoError("write", "standard output");
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
    app.parse_complete_callback([&globals] {
      if (globals.verbose) log::SetLevel(log::Level::kDebug);
    });
    app.parse(argc, argv);
    FlushOutput();
    return outcome.exit_code;
  } catch (const CLI::ParseError& failure) {
    return ReportUsage(app, failure);
  } catch (const std::exception& failure) {
    return ReportError(AsError(failure));
  }
}

}  // namespace
}  // namespace keelrow::cli

int main(int argc, char** argv) {
  return keelrow::cli::Main(argc, argv);
}
