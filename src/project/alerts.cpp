#include "project/alerts.h"

#include <fmt/format.h>

namespace keelrow::project {
namespace {

constexpr Duration kShortest{std::chrono::milliseconds(100)};
constexpr Duration kLongest{std::chrono::hours(24 * 365)};
constexpr Duration kQuickest{std::chrono::milliseconds(1)};  // of an answer
constexpr Duration kSlowest{std::chrono::minutes(10)};

// A rate needs two samples in its window; four leave room for a scrape that is late or lost.
constexpr int kScrapesInWindow = 4;

constexpr const char* kPlain =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/";

void CheckWebhook(const NotifyConfig& config) {
  if (config.webhook.empty()) {
    if (config.token_file.empty()) return;
    throw Error(Code::kBadValue, "`token_file` is of no use without `webhook`");
  }
  const bool http = config.webhook.starts_with("http://") || config.webhook.starts_with("https://");
  const bool plain = config.webhook.find_first_of(" \t\r\n") == std::string::npos;
  if (http && plain) return;
  throw Error(Code::kBadValue, fmt::format("`{}` is not an address to call", config.webhook),
              {.hint = "write it as http://HOST/PATH or https://HOST/PATH"});
}

void CheckJob(const AlertsConfig& config) {
  if (config.job.find_first_not_of(kPlain) == std::string::npos) return;
  throw Error(Code::kBadValue, fmt::format("`{}` cannot be a job's name", config.job),
              {.hint = "use letters, digits, `-`, `_`, `.`, `:` and `/`"});
}

void CheckWindow(const AlertsConfig& config) {
  if (config.window.value >= config.scrape.value * kScrapesInWindow) return;
  throw Error(Code::kBadValue,
              fmt::format("`window` ({}) must be at least {} times `scrape` ({})",
                          config.window.ToString(), kScrapesInWindow, config.scrape.ToString()),
              {.hint = "a rate over fewer samples has gaps whenever one of them is late"});
}

}  // namespace

void Describe(config::Object<NotifyConfig>& object) {
  object.Doc("Whom Alertmanager tells, and how often.");
  object.Field("webhook", &NotifyConfig::webhook,
               "Where alerts are posted as JSON. Empty: they are only shown. An address that is a "
               "secret itself does not belong here: put a proxy in front, or use `token_file`.");
  object.Field("token_file", &NotifyConfig::token_file,
               "A file on Alertmanager's machine; what it holds is sent as a bearer token.");
  object
      .Field("group_wait", &NotifyConfig::group_wait,
             "How long the first alert of a group waits for others to be told with it.")
      .Range(kShortest, kLongest);
  object
      .Field("group_interval", &NotifyConfig::group_interval,
             "How long after that news of the same group, its end too, are told.")
      .Range(kShortest, kLongest);
  object
      .Field("repeat_page", &NotifyConfig::repeat_page,
             "How often an alert that somebody must answer at once is told again.")
      .Range(kShortest, kLongest);
  object
      .Field("repeat_ticket", &NotifyConfig::repeat_ticket,
             "How often one that can wait for working hours is told again.")
      .Range(kShortest, kLongest);
  object.Check(CheckWebhook);
}

void Describe(config::Object<AlertsConfig>& object) {
  object.Doc("What `keelrow deploy rules` writes for Prometheus, Alertmanager and Grafana.");
  object.Field("job", &AlertsConfig::job,
               "What Prometheus calls the service (its label `job`); empty takes the project's "
               "name.");
  object.Field("scrape", &AlertsConfig::scrape, "How often metrics are read and rules evaluated.")
      .Range(kShortest, kLongest);
  object
      .Field("window", &AlertsConfig::window,
             "Over how long latencies are looked at; at least four times `scrape`.")
      .Range(kShortest, kLongest);
  object
      .Field("latency", &AlertsConfig::latency,
             "HighPredictionLatency: the 99th percentile is above this. Exact where it is a bound "
             "of the histogram: 1, 2.5, 5, 10, 25, 50, 100, 200, 250, 500 ms, 1, 2.5, 5, 10 s.")
      .Range(kQuickest, kSlowest);
  object
      .Field("tail_latency", &AlertsConfig::tail_latency,
             "PredictionLatencyAnomaly: the same, earlier and quieter.")
      .Range(kQuickest, kSlowest);
  object.Field("for", &AlertsConfig::latency_for, "For how long latencies must be above.")
      .Range(Duration{}, kLongest);
  object
      .Field("availability", &AlertsConfig::availability,
             "Share of valid requests that must not fail with a 5xx.")
      .Range(0.5, 0.99999);
  object
      .Field("availability_period", &AlertsConfig::availability_period,
             "Over how long that share is counted; Prometheus must keep its samples that long.")
      .Range(Duration{std::chrono::hours(24)}, kLongest);
  object
      .Field("queue_share", &AlertsConfig::queue_share,
             "QueueFilling: this share of `serve.limits.queue` waits.")
      .Range(0.01, 1);
  object.Field("notify", &AlertsConfig::notify, "Whom Alertmanager tells.");
  object.Check(CheckJob);
  object.Check(CheckWindow);
}

}  // namespace keelrow::project
