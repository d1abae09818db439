#include "signals/metrics.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "base/files.h"
#include "base/text.h"
#include "project/alerts.h"

namespace keelrow::signals {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

const std::string kModel = "digits";
const std::string kVersion = "3";

/// "name type" for each "# TYPE name type", sorted.
std::string NamesAndTypes(const std::string& text) {
  std::vector<std::string> names;
  for (const std::string& line : SplitText(text, '\n')) {
    if (line.starts_with("# TYPE ")) names.push_back(line.substr(7));
  }
  std::ranges::sort(names);
  return JoinText(names, "\n") + "\n";
}

TEST(Metrics, NamesAreThoseThatDashboardsKnow) {
  Metrics metrics;
  metrics.CountRequest("/predict", 200, 1ms);
  metrics.CountAnswer({.model = kModel, .version = kVersion, .label = "cat", .confidence = 0.7F});
  metrics.CountPrediction(
      {.model = kModel, .version = kVersion, .protocol = "predict", .code = 200, .duration = 1ms});
  metrics.CountLoadFailure(kModel);
  metrics.CountLimited("client");
  metrics.CountAttempt({.backend = "a:1", .result = "answered", .why = "first"});
  metrics.CountHybrid({.endpoint = "cloud", .rule = "burst", .result = "answered", .cost = 0.5});
  const std::string golden = ReadFile(fs::path(KEELROW_SOURCE_DIR) / "tests/golden/metrics.txt");
  EXPECT_EQ(NamesAndTypes(metrics.Text(
                {.models = {{.model = kModel, .version = "1"}}, .backends = {{.name = "a:1"}}})),
            golden);
}

TEST(Metrics, PredictionsAreCountedByVersionAndCode) {
  Metrics metrics;
  for (const int code : {200, 200, 422}) {
    metrics.CountPrediction({.model = kModel,
                             .version = kVersion,
                             .protocol = "predict",
                             .code = code,
                             .duration = 3ms});
  }
  const std::string text = metrics.Text({});
  EXPECT_THAT(
      text,
      HasSubstr(
          R"(predictions_total{code="200",model="digits",protocol="predict",version="3"} 2)"));
  EXPECT_THAT(
      text,
      HasSubstr(
          R"(predictions_total{code="422",model="digits",protocol="predict",version="3"} 1)"));
  EXPECT_THAT(
      text,
      HasSubstr(
          R"(prediction_latency_seconds_bucket{model="digits",protocol="predict",version="3",le="0.0025"} 0)"));
  EXPECT_THAT(
      text,
      HasSubstr(
          R"(prediction_latency_seconds_bucket{model="digits",protocol="predict",version="3",le="0.005"} 3)"));
}

TEST(Metrics, WhereAlertsLookAPercentileIsExact) {
  Metrics metrics;
  metrics.CountPrediction(
      {.model = kModel, .version = kVersion, .protocol = "predict", .code = 200, .duration = 3ms});
  const std::string text = metrics.Text({});
  const project::AlertsConfig alerts;
  for (const Duration threshold : {alerts.latency, alerts.tail_latency}) {
    const double seconds = std::chrono::duration<double>(threshold.value).count();
    EXPECT_THAT(text, HasSubstr(fmt::format(R"(le="{}")", seconds)));
  }
}

TEST(Metrics, WhatAVersionAnswersIsCountedByLabelUpToABound) {
  Metrics metrics;
  for (int i = 0; i < 500; ++i) {
    const std::string label = fmt::format("l{}", i);
    metrics.CountAnswer({.model = kModel,
                         .version = kVersion,
                         .label = label,
                         .confidence = i == 0 ? 0.3F : 0.97F});
  }
  const std::string text = metrics.Text({});
  EXPECT_THAT(text, HasSubstr(R"(model_answers_total{label="l7",model="digits",version="3"} 1)"));
  EXPECT_THAT(text,
              HasSubstr(R"(model_answers_total{label="other",model="digits",version="3"} 400)"));
  EXPECT_THAT(text, HasSubstr(R"(model_confidence_bucket{model="digits",version="3",le="0.4"} 1)"));
  EXPECT_THAT(text,
              HasSubstr(R"(model_confidence_bucket{model="digits",version="3",le="0.99"} 500)"));
}

TEST(Metrics, NamesOfTorchServeStandBesideOurs) {
  Metrics metrics;
  metrics.CountRequest("/predictions/{model}", 200);
  metrics.CountRequest("/predictions/{model}", 404);
  metrics.CountRequest({}, 503);
  for (const char* protocol : {"torchserve", "predict"}) {
    metrics.CountPrediction(
        {.model = kModel, .version = kVersion, .protocol = protocol, .code = 200, .duration = 3ms});
  }
  const std::string text =
      metrics.Text({.models = {{.model = kModel, .version = kVersion, .queued = 7us}}});
  const auto has = [&](const std::string& pattern) {
    return std::regex_search(text, std::regex(pattern));
  };
  const std::string labels = R"(\{hostname="[^"]+",model_name="digits",model_version="3"\} )";
  EXPECT_TRUE(has("ts_inference_requests_total" + labels + "2\n"));
  EXPECT_TRUE(has("ts_inference_latency_microseconds" + labels + "6000"));
  EXPECT_TRUE(has("ts_queue_latency_microseconds" + labels + "7"));
  for (const char* name : {"Requests2XX", "Requests4XX", "Requests5XX"}) {
    EXPECT_TRUE(has(std::string(name) + R"(\{Hostname="[^"]+",Level="Host"\} 1)")) << name;
  }
  EXPECT_TRUE(has(R"(MemoryUsed\{Hostname="[^"]+",Level="Host"\} [1-9])"));
}

TEST(Metrics, BatchesAreAHistogramOfRows) {
  const Metrics metrics;
  const ModelGauges model{.model = kModel, .version = "2", .runs_by_rows = {{1, 5}, {3, 2}}};
  const std::string text = metrics.Text({.models = {model}});
  EXPECT_THAT(text, HasSubstr(R"(model_batch_rows_bucket{model="digits",version="2",le="1"} 5)"));
  EXPECT_THAT(text, HasSubstr(R"(model_batch_rows_bucket{model="digits",version="2",le="2"} 5)"));
  EXPECT_THAT(text, HasSubstr(R"(model_batch_rows_bucket{model="digits",version="2",le="4"} 7)"));
  EXPECT_THAT(text, HasSubstr(R"(model_batch_rows_sum{model="digits",version="2"} 11)"));
}

TEST(Metrics, ModelsAreThoseThatAreLoadedNow) {
  const Metrics metrics;
  const ModelGauges model{
      .model = kModel, .version = "2", .waiting = 5, .runs = 6, .rows = 12, .dropped = 1};
  const std::string text = metrics.Text({.models = {model}});
  EXPECT_THAT(text, HasSubstr(R"(model_loaded{model="digits",version="2"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(model_queue_depth{model="digits",version="2"} 5)"));
  EXPECT_THAT(text, HasSubstr(R"(model_inferences_total{model="digits",version="2"} 6)"));
  EXPECT_THAT(text, HasSubstr(R"(model_rows_total{model="digits",version="2"} 12)"));
  EXPECT_THAT(text, HasSubstr(R"(model_dropped_total{model="digits",version="2"} 1)"));
  EXPECT_THAT(metrics.Text({}), Not(HasSubstr("model_loaded{")));
}

TEST(Metrics, TheProcessDescribesItself) {
  Metrics metrics;
  const std::string text = metrics.Text({.connections = 4, .queued = 7});
  EXPECT_THAT(text, HasSubstr("queue_depth 7"));
  EXPECT_THAT(text, HasSubstr("http_connections 4"));
  std::smatch memory;
  ASSERT_TRUE(
      std::regex_search(text, memory, std::regex("process_resident_memory_bytes ([0-9]+)")));
  EXPECT_GT(std::stod(memory[1]), 1e6);
  std::smatch started;
  ASSERT_TRUE(
      std::regex_search(text, started, std::regex("process_start_time_seconds ([0-9.e+]+)")));
  EXPECT_GT(std::stod(started[1]), 1.7e9);
  for (const char* name : {"process_open_fds", "process_max_fds", "process_threads",
                           "host_memory_total_bytes", "host_memory_available_bytes",
                           "host_disk_total_bytes", R"(host_cpu_seconds_total\{mode="idle"\})"}) {
    EXPECT_TRUE(std::regex_search(text, std::regex(std::string("\n") + name + " [1-9]"))) << name;
  }
}

}  // namespace
}  // namespace keelrow::signals
