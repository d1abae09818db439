#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/time_text.h"
#include "steps/gate.h"

namespace keelrow::cli {
namespace {

struct Arguments {
  std::string model;
  int version = 0;
  std::string alias = "champion";
  std::string reason;
  bool force = false;
};

track::Store OpenStore(const Globals& globals) {
  return track::Store(globals.OpenWorkspace().StoreFile());
}

/// `folder` is the project's; scripts need the bundle's whole path.
Json ToJson(const track::ModelVersion& version, const std::filesystem::path& folder) {
  return {{"model", version.model},
          {"version", version.version},
          {"aliases", version.aliases},
          {"created", version.created},
          {"run", version.run},
          {"bundle", (folder / version.bundle_path).string()},
          {"sha256", version.bundle_hash},
          {"metrics", version.metrics},
          {"gate", version.gate}};
}

std::string GateText(const track::ModelVersion& version) {
  if (!version.gate.contains("passed")) return "-";
  return version.gate["passed"].get<bool>() ? "passed" : "failed";
}

std::vector<track::ModelVersion> AllVersions(const track::Store& store) {
  std::vector<track::ModelVersion> all;
  for (const std::string& model : store.Models()) {
    for (track::ModelVersion& version : store.Versions(model)) all.push_back(std::move(version));
  }
  return all;
}

void List(const Globals& globals) {
  const pipeline::Workspace workspace = globals.OpenWorkspace();
  const std::vector<track::ModelVersion> versions =
      AllVersions(track::Store(workspace.StoreFile()));
  if (globals.json()) {
    Json rows = Json::array();
    for (const track::ModelVersion& version : versions) {
      rows.push_back(ToJson(version, workspace.project_folder()));
    }
    fmt::print("{}\n", rows.dump(1));
    return;
  }
  std::vector<std::vector<std::string>> rows = {
      {"model", "version", "alias", "test accuracy", "gate", "created (UTC)", "bundle"}};
  for (const track::ModelVersion& version : versions) {
    const Json accuracy = version.metrics.value("test.accuracy", Json());
    rows.push_back({version.model, std::to_string(version.version),
                    version.aliases.empty() ? "" : "@" + JoinText(version.aliases, " @"),
                    accuracy.is_number() ? fmt::format("{:.4f}", accuracy.get<double>()) : "-",
                    GateText(version), TimeText(version.created),
                    version.bundle_hash.substr(0, 12)});
  }
  fmt::print("{}", versions.empty() ? "No models yet: `keelrow run` registers the first.\n"
                                    : RenderTable(rows));
}

std::vector<track::ModelVersion> Asked(const track::Store& store, const Arguments& arguments) {
  if (arguments.version == 0) return store.Versions(arguments.model);
  return {store.GetVersion(arguments.model, arguments.version)};
}

void Show(const Globals& globals, const Arguments& arguments) {
  const pipeline::Workspace workspace = globals.OpenWorkspace();
  const track::Store store(workspace.StoreFile());
  Json audit = Json::array();
  for (const track::AuditRow& row : store.Audit(arguments.model)) {
    audit.push_back({{"time", TimeText(row.time)},
                     {"actor", row.actor},
                     {"action", row.action},
                     {"before", row.before},
                     {"after", row.after},
                     {"reason", row.reason}});
  }
  Json versions = Json::array();
  for (const track::ModelVersion& version : Asked(store, arguments)) {
    versions.push_back(ToJson(version, workspace.project_folder()));
  }
  fmt::print("{}\n",
             Json{{"model", arguments.model}, {"versions", versions}, {"audit", audit}}.dump(1));
}

void Promote(const Globals& globals, const Arguments& arguments) {
  track::Store store = OpenStore(globals);
  const track::ModelVersion version = store.GetVersion(arguments.model, arguments.version);
  if (arguments.force && arguments.reason.empty()) {
    throw Error(Code::kUsage, "--force needs a --reason: it stands in the audit");
  }
  RequireGate(version, arguments.force);
  const std::optional<int> before = store.Promote({.model = arguments.model,
                                                   .version = arguments.version,
                                                   .alias = arguments.alias,
                                                   .actor = CurrentUser(),
                                                   .reason = arguments.reason});
  fmt::print("{} version {} is @{}{}\n", arguments.model, arguments.version, arguments.alias,
             before ? fmt::format(" (was version {})", *before) : "");
}

void Rollback(const Globals& globals, const Arguments& arguments) {
  const int version = OpenStore(globals).Rollback(arguments.model, arguments.alias, CurrentUser());
  fmt::print("{} is back at version {} as @{}\n", arguments.model, version, arguments.alias);
}

CLI::App* AddAction(CLI::App& command, const char* name, const char* help, Arguments& arguments) {
  CLI::App* action = command.add_subcommand(name, help);
  action->fallthrough();
  action->add_option("model", arguments.model, "The model's name")->required();
  return action;
}

}  // namespace

void RequireGate(const track::ModelVersion& version, bool force) {
  if (force || !version.gate.contains("passed") || version.gate["passed"].get<bool>()) return;
  throw Error(Code::kGate,
              fmt::format("{} version {} did not pass its gate", version.model, version.version),
              {.hint = "--force --reason TEXT does it all the same"});
}

void DefineModels(CLI::App& command, Globals& globals, Outcome&) {
  command.require_subcommand(1);
  auto arguments = std::make_shared<Arguments>();
  command.add_subcommand("ls", "List models with their versions")
      ->fallthrough()
      ->callback([&globals] { List(globals); });
  CLI::App* show = AddAction(command, "show", "Show versions and audit of a model", *arguments);
  show->add_option("version", arguments->version, "Only this version");
  show->callback([&globals, arguments] { Show(globals, *arguments); });
  CLI::App* promote = AddAction(command, "promote", "Point an alias at a version", *arguments);
  promote->add_option("version", arguments->version, "The version")->required();
  promote->add_option("--alias", arguments->alias, "The alias")->capture_default_str();
  promote->add_option("--reason", arguments->reason, "Why; stands in the audit");
  promote->add_flag("--force", arguments->force, "Although the gate failed");
  promote->callback([&globals, arguments] { Promote(globals, *arguments); });
  CLI::App* rollback =
      AddAction(command, "rollback", "Point an alias back at the version before", *arguments);
  rollback->add_option("--alias", arguments->alias, "The alias")->capture_default_str();
  rollback->callback([&globals, arguments] { Rollback(globals, *arguments); });
  DefinePack(command, globals);
}

}  // namespace keelrow::cli
