#include "deploy/monitoring.h"

#include <fmt/format.h>

#include "base/text.h"
#include "deploy/dashboard.h"
#include "deploy/template.h"
#include "deploy/texts.h"

namespace keelrow::deploy {
namespace {

using Values = std::map<std::string, std::string>;

// Routes that answer 503 on purpose while a service starts or stops, in every protocol.
constexpr const char* kProbes = ".*/(healthz?|livez?|readyz?|ping|metrics)";

constexpr const char* kAddress =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]%";

constexpr const char* kAlertmanager = "127.0.0.1:9093";  // its own default port

// Where /metrics is closed. `keelrow token create --scope metrics` makes what belongs into the
// file.
constexpr const char* kScrapeToken = "\n    authorization: {credentials_file: metrics.token}";

std::string Seconds(Duration duration) {
  return fmt::format("{:.6g}", std::chrono::duration<double>(duration.value).count());
}

std::string Number(double value) {
  return fmt::format("{:.6g}", value);
}

/// Where a client on the same machine reaches a service that listens there.
std::string OwnTarget(const project::ServeConfig& serve) {
  if (serve.port == 0) {
    throw Error(Code::kBadValue, "`serve.port` is 0: nobody can know the port beforehand",
                {.hint = "name the service with --target HOST:PORT"});
  }
  std::string host = serve.host;
  if (host == "0.0.0.0" || host == "::") host = "127.0.0.1";
  const bool bare_v6 = host.find(':') != std::string::npos && host[0] != '[';
  return fmt::format("{}:{}", bare_v6 ? "[" + host + "]" : host, serve.port);
}

void CheckAddress(const std::string& address) {
  const size_t colon = address.rfind(':');
  const std::string_view port =
      colon == std::string::npos ? "" : std::string_view(address).substr(colon + 1);
  const bool digits = !port.empty() && port.size() <= 5 &&
                      port.find_first_not_of("0123456789") == std::string_view::npos;
  const bool host = colon != 0 && address.find_first_not_of(kAddress) == std::string::npos;
  if (digits && host && std::stoi(std::string(port)) <= 65535) return;
  throw Error(Code::kBadValue, fmt::format("`{}` is not an address", address),
              {.hint = "write it as HOST:PORT"});
}

std::string AddressList(const std::vector<std::string>& addresses) {
  std::vector<std::string> quoted;
  for (const std::string& address : addresses) {
    CheckAddress(address);
    quoted.push_back(Quoted(address));
  }
  return JoinText(quoted, ", ");
}

std::string WebhookOf(const project::NotifyConfig& notify) {
  if (notify.webhook.empty()) {
    return "    # `alerts.notify.webhook` is empty: alerts are shown by Alertmanager, nobody is "
           "told.";
  }
  std::string text = fmt::format(
      "    webhook_configs:\n      - url: {}\n        send_resolved: true", Quoted(notify.webhook));
  if (!notify.token_file.empty()) {
    text += fmt::format("\n        http_config: {{authorization: {{credentials_file: {}}}}}",
                        Quoted(notify.token_file));
  }
  return text;
}

Values ValuesOf(const project::Project& project, const MonitoringOptions& options) {
  const project::AlertsConfig& alerts = project.alerts;
  const project::NotifyConfig& notify = alerts.notify;
  const std::vector<std::string> targets =
      options.targets.empty() ? std::vector{OwnTarget(project.serve)} : options.targets;
  const std::vector<std::string> alertmanagers = options.alertmanagers.empty()
                                                     ? std::vector<std::string>{kAlertmanager}
                                                     : options.alertmanagers;
  return {{"job", alerts.job.empty() ? project.name : alerts.job},
          {"scrape", alerts.scrape.ToString()},
          {"scrape_auth", project.serve.auth.metrics ? kScrapeToken : ""},
          {"window", alerts.window.ToString()},
          {"probes", kProbes},
          {"latency", Seconds(alerts.latency)},
          {"tail_latency", Seconds(alerts.tail_latency)},
          {"latency_for", alerts.latency_for.ToString()},
          {"availability", Number(alerts.availability)},
          {"availability_percent", Number(alerts.availability * 100)},
          {"budget", Number(1 - alerts.availability)},
          {"period", alerts.availability_period.ToString()},
          {"queue", std::to_string(project.serve.limits.queue)},
          {"queue_limit", Number(alerts.queue_share * project.serve.limits.queue)},
          {"group_wait", notify.group_wait.ToString()},
          {"group_interval", notify.group_interval.ToString()},
          {"repeat_page", notify.repeat_page.ToString()},
          {"repeat_ticket", notify.repeat_ticket.ToString()},
          {"webhook", WebhookOf(notify)},
          {"targets", AddressList(targets)},
          {"alertmanagers", AddressList(alertmanagers)}};
}

}  // namespace

std::vector<File> MonitoringFiles(const project::Project& project,
                                  const MonitoringOptions& options) {
  const Values values = ValuesOf(project, options);
  std::vector<File> files = {{"prometheus.yml", Fill(kPrometheusYml, values)},
                             {"rules.yml", Fill(kRulesYml, values)},
                             {"alertmanager.yml", Fill(kAlertmanagerYml, values)}};
  for (const Dashboard& dashboard : Dashboards()) {
    files.push_back({"dashboards/" + dashboard.file, Render(dashboard, values)});
  }
  return files;
}

}  // namespace keelrow::deploy
