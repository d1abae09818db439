// What the dashboards show. Only what the service exports today: tests/e2e/alerts.py asks a real
// Prometheus for every expression here, and fails where one has no data.
#include "deploy/dashboard.h"

namespace keelrow::deploy {
namespace {

Row Traffic() {
  return {
      "Traffic",
      {{.title = "Predictions by version",
        .help = "Answered, well or not.",
        .unit = "reqps",
        .queries =
            {{R"(sum by (model, version) (rate(predictions_total{job="@job@",model=~"$model"}[$__rate_interval])))",
              "{{model}} {{version}}"}}},
       {.title = "Requests by route",
        .help = "`none`: no such route, or refused before one was looked for.",
        .unit = "reqps",
        .queries = {{R"(sum by (route) (rate(http_requests_total{job="@job@"}[$__rate_interval])))",
                     "{{route}}"}}},
       {.title = "Version that answers",
        .help = "1 for each version that is loaded.",
        .unit = "short",
        .queries = {{R"(model_loaded{job="@job@",model=~"$model"})",
                     "{{instance}} {{model}} {{version}}"}}}}};
}

Query Quantile(const std::string& quantile, const std::string& name) {
  return {
      R"(prediction_latency_seconds{job="@job@",model=~"$model",quantile=")" + quantile + R"("})",
      name + " {{model}} {{version}}"};
}

Row Latency() {
  return {
      "Latency",
      {{.title = "Percentiles",
        .help = "From the whole request to its answer, waiting included. HighPredictionLatency: "
                "p99 above @latency@ s for @latency_for@.",
        .unit = "s",
        .queries = {Quantile("0.5", "p50"), Quantile("0.95", "p95"), Quantile("0.99", "p99")}},
       {.title = "Distribution",
        .help = "Answers in each bucket of the histogram.",
        .unit = "s",
        .queries =
            {{R"(sum by (le) (increase(prediction_latency_seconds_bucket{job="@job@",model=~"$model"}[$__rate_interval])))",
              "{{le}}"}},
        .look = Look::kHeatmap},
       {.title = "Mean",
        .help = "",
        .unit = "s",
        .queries = {
            {R"(sum by (model, version) (rate(prediction_latency_seconds_sum{job="@job@",model=~"$model"}[$__rate_interval])) / sum by (model, version) (rate(prediction_latency_seconds_count{job="@job@",model=~"$model"}[$__rate_interval])))",
             "{{model}} {{version}}"}}}}};
}

Row Errors() {
  return {
      "Errors",
      {{.title = "Failed share of valid requests",
        .help = "5xx among all but 4xx, without probes, over 5 minutes.",
        .unit = "percentunit",
        .queries = {{R"(job:http_requests:error_ratio_rate5m{job="@job@"})", "{{job}}"}}},
       {.title = "Errors by route and status",
        .help = "4xx are the asker's mistakes, 5xx ours.",
        .unit = "reqps",
        .queries =
            {{R"(sum by (route, code) (rate(http_requests_total{job="@job@",code=~"[45].."}[$__rate_interval])))",
              "{{route}} {{code}}"}}},
       {.title = "Versions that could not be loaded",
        .help = "Attempts since the process began.",
        .unit = "short",
        .queries = {{R"(model_load_failures_total{job="@job@",model=~"$model"})",
                     "{{instance}} {{model}}"}}}}};
}

Row Answers() {
  return {
      "Answers",
      {{.title = "Labels",
        .help = "Share of the examples for which each label was likeliest. A version that answers "
                "otherwise than the one before it shows here.",
        .unit = "percentunit",
        .queries =
            {{R"(sum by (model, version, label) (rate(model_answers_total{job="@job@",model=~"$model"}[$__rate_interval])) / on (model, version) group_left sum by (model, version) (rate(model_answers_total{job="@job@",model=~"$model"}[$__rate_interval])))",
              "{{model}} {{version}} {{label}}"}}},
       {.title = "Confidence",
        .help = "Mean score of the likeliest label.",
        .unit = "percentunit",
        .queries =
            {{R"(sum by (model, version) (rate(model_confidence_sum{job="@job@",model=~"$model"}[$__rate_interval])) / sum by (model, version) (rate(model_confidence_count{job="@job@",model=~"$model"}[$__rate_interval])))",
              "{{model}} {{version}}"}}},
       {.title = "Confidence by bucket",
        .help = "",
        .unit = "percentunit",
        .queries =
            {{R"(sum by (le) (increase(model_confidence_bucket{job="@job@",model=~"$model"}[$__rate_interval])))",
              "{{le}}"}},
        .look = Look::kHeatmap}}};
}

Row Queue() {
  return {"Queue and connections",
          {{.title = "Waiting requests",
            .help = "Of @queue@ that may wait; beyond that the answer is 503 at once.",
            .unit = "short",
            .queries = {{R"(queue_depth{job="@job@"})", "{{instance}}"}}},
           {.title = "Open connections",
            .help = "",
            .unit = "short",
            .queries = {{R"(http_connections{job="@job@"})", "{{instance}}"}}}}};
}

Row Inference() {
  return {
      "Inference",
      {{.title = "Waiting for the network",
        .help = "Jobs in each version's queue.",
        .unit = "short",
        .queries = {{R"(model_queue_depth{job="@job@",model=~"$model"})",
                     "{{instance}} {{model}} {{version}}"}}},
       {.title = "Rows a run",
        .help = "How full batches are.",
        .unit = "short",
        .queries =
            {{R"(sum by (model, version) (rate(model_rows_total{job="@job@",model=~"$model"}[$__rate_interval])) / sum by (model, version) (rate(model_inferences_total{job="@job@",model=~"$model"}[$__rate_interval])))",
              "{{model}} {{version}}"}}},
       {.title = "Waiting for a run",
        .help = "Mean time of a job in the queue.",
        .unit = "s",
        .queries =
            {{R"(sum by (model, version) (rate(model_queue_seconds_total{job="@job@",model=~"$model"}[$__rate_interval])) / sum by (model, version) (rate(prediction_latency_seconds_count{job="@job@",model=~"$model"}[$__rate_interval])))",
              "{{model}} {{version}}"}}},
       {.title = "Not run",
        .help = "Jobs a second whose deadline had passed, or whose client had gone.",
        .unit = "reqps",
        .queries = {
            {R"(sum by (model, version) (rate(model_dropped_total{job="@job@",model=~"$model"}[$__rate_interval])))",
             "{{model}} {{version}}"}}}}};
}

Row Process() {
  return {"Process",
          {{.title = "Processor",
            .help = "Cores in use.",
            .unit = "short",
            .queries = {{R"(rate(process_cpu_seconds_total{job="@job@"}[$__rate_interval]))",
                         "{{instance}}"}}},
           {.title = "Resident memory",
            .help = "",
            .unit = "bytes",
            .queries = {{R"(process_resident_memory_bytes{job="@job@"})", "{{instance}}"}}},
           {.title = "Open files",
            .help = "Of those that may be open.",
            .unit = "percentunit",
            .queries = {{R"(process_open_fds{job="@job@"} / process_max_fds{job="@job@"})",
                         "{{instance}}"}}},
           {.title = "Spans that were dropped",
            .help = "No room, or no collector.",
            .unit = "cps",
            .queries = {{R"(rate(spans_dropped_total{job="@job@"}[$__rate_interval]))",
                         "{{instance}}"}}},
           {.title = "Up since",
            .help = "A saw's tooth is a restart.",
            .unit = "s",
            .queries = {{R"(time() - process_start_time_seconds{job="@job@"})", "{{instance}}"}}}}};
}

Row Host() {
  return {
      "Machine",
      {{.title = "Processors at work",
        .help = "Of all processors, whoever uses them.",
        .unit = "percentunit",
        .queries =
            {{R"(sum by (instance) (rate(host_cpu_seconds_total{job="@job@",mode="busy"}[$__rate_interval])) / sum by (instance) (rate(host_cpu_seconds_total{job="@job@"}[$__rate_interval])))",
              "{{instance}}"}}},
       {.title = "Memory in use",
        .help = "",
        .unit = "percentunit",
        .queries =
            {{R"(1 - host_memory_available_bytes{job="@job@"} / host_memory_total_bytes{job="@job@"})",
              "{{instance}}"}}},
       {.title = "Network",
        .help = "Without loopback.",
        .unit = "Bps",
        .queries = {{R"(rate(host_network_receive_bytes_total{job="@job@"}[$__rate_interval]))",
                     "{{instance}} in"},
                    {R"(rate(host_network_transmit_bytes_total{job="@job@"}[$__rate_interval]))",
                     "{{instance}} out"}}}}};
}

Query Burn(const std::string& window) {
  return {"job:http_requests:error_ratio_rate" + window + R"({job="@job@"} / @budget@)", window};
}

Row Budget() {
  return {
      "Availability of @availability_percent@ % over @period@",
      {{.title = "Availability",
        .help = "Share of valid requests that did not fail.",
        .unit = "percentunit",
        .queries = {{R"(1 - job:http_requests:error_ratio_period{job="@job@"})", "{{job}}"}},
        .look = Look::kNumber},
       {.title = "Error budget left",
        .help = "1 is all of it; below 0 the availability is missed.",
        .unit = "percentunit",
        .queries = {{R"(1 - job:http_requests:error_ratio_period{job="@job@"} / @budget@)",
                     "{{job}}"}},
        .look = Look::kNumber},
       {.title = "Burn rate",
        .help =
            "At 1 the budget lasts exactly @period@. Paged at 14.4 over 1h and 5m, at 6 over 6h "
            "and 30m.",
        .unit = "short",
        .queries = {Burn("5m"), Burn("30m"), Burn("1h"), Burn("6h"), Burn("3d")}}}};
}

Row Alerts() {
  return {"Alerts",
          {{.title = "Pending and firing",
            .help = "",
            .unit = "short",
            .queries = {{R"(sum by (alertname, alertstate) (ALERTS{job="@job@"}))",
                         "{{alertname}} {{alertstate}}"}}},
           {.title = "Reachable services",
            .help = "",
            .unit = "short",
            .queries = {{R"(up{job="@job@"})", "{{instance}}"}}}}};
}

}  // namespace

const std::vector<Dashboard>& Dashboards() {
  static const std::vector<Dashboard> dashboards = {
      {.file = "service.json",
       .title = "model service",
       .rows = {Traffic(), Latency(), Errors(), Answers(), Queue(), Inference(), Process(),
                Host()}},
      {.file = "availability.json",
       .title = "availability and alerts",
       .rows = {Budget(), Alerts()}},
  };
  return dashboards;
}

}  // namespace keelrow::deploy
