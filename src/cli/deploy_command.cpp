#include <fmt/format.h>

#include "cli/commands.h"
#include "deploy/monitoring.h"

namespace keelrow::cli {
namespace {

struct RulesArguments {
  std::string out = "monitoring";
  deploy::MonitoringOptions options;
  bool force = false;
};

void PrintNext(const std::string& folder, const project::NotifyConfig& notify) {
  fmt::print(
      "\nNext:\n"
      "  - prometheus --config.file={0}/prometheus.yml --storage.tsdb.path=prometheus-data\n"
      "    (or name {0}/rules.yml in the configuration of a Prometheus that you have)\n"
      "  - alertmanager --config.file={0}/alertmanager.yml --storage.path=alertmanager-data\n"
      "    (Debian's is called prometheus-alertmanager)\n"
      "  - in Grafana: Dashboards, New, Import, {0}/dashboards/*.json\n",
      folder);
  if (notify.webhook.empty()) {
    fmt::print("  - `alerts.notify.webhook` is empty: name there whom Alertmanager shall tell\n");
  }
}

void WriteRules(const Globals& globals, const RulesArguments& arguments) {
  const project::Project project = globals.LoadProject().project;
  const std::vector<deploy::File> files = deploy::MonitoringFiles(project, arguments.options);
  deploy::PublishFiles(arguments.out, files, arguments.force);
  if (globals.json()) {
    Json names = Json::array();
    for (const deploy::File& file : files) names.push_back(file.path);
    fmt::print("{}\n", Json{{"folder", arguments.out}, {"files", names}}.dump(1));
    return;
  }
  for (const deploy::File& file : files) fmt::print("Wrote {}/{}\n", arguments.out, file.path);
  if (!globals.quiet) PrintNext(arguments.out, project.alerts.notify);
}

}  // namespace

void DefineDeploy(CLI::App& command, Globals& globals, Outcome&) {
  command.require_subcommand(1);
  auto arguments = std::make_shared<RulesArguments>();
  CLI::App* rules = command.add_subcommand(
      "rules", "Write Prometheus rules, Alertmanager routes and Grafana dashboards");
  rules->fallthrough();
  rules->add_option("--out", arguments->out, "The folder to write into")->capture_default_str();
  rules
      ->add_option("--target", arguments->options.targets,
                   "A service that Prometheus reads, HOST:PORT; may be repeated (default: where "
                   "`serve` listens)")
      ->allow_extra_args(false);
  rules
      ->add_option("--alertmanager", arguments->options.alertmanagers,
                   "Where Alertmanager listens, HOST:PORT; may be repeated (default: "
                   "127.0.0.1:9093)")
      ->allow_extra_args(false);
  rules->add_flag("--force", arguments->force,
                  "Replace files that were changed since, or are others'");
  rules->callback([&globals, arguments] { WriteRules(globals, *arguments); });
}

}  // namespace keelrow::cli
