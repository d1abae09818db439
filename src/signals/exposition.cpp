#include "signals/exposition.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <sstream>

namespace keelrow::signals {
namespace {

prometheus::ClientMetric Labelled(Exposition::Labels&& labels) {
  prometheus::ClientMetric metric;
  for (auto& [name, value] : labels) metric.label.push_back({name, std::move(value)});
  return metric;
}

prometheus::ClientMetric::Histogram HistogramOf(const Distribution::Snapshot& values) {
  prometheus::ClientMetric::Histogram histogram;
  for (size_t i = 0; i < values.counts.size(); ++i) {
    histogram.sample_count += values.counts[i];
    const bool last = i == values.bounds.size();
    histogram.bucket.push_back(
        {.cumulative_count = histogram.sample_count,
         .upper_bound = last ? std::numeric_limits<double>::infinity() : values.bounds[i]});
  }
  histogram.sample_sum = values.sum;
  return histogram;
}

}  // namespace

struct Exposition::State {
  std::vector<prometheus::MetricFamily> families;

  void Put(const char* name, const char* help, prometheus::MetricType type,
           std::vector<prometheus::ClientMetric> metrics) {
    if (metrics.empty()) return;
    std::ranges::sort(metrics, [](const auto& a, const auto& b) { return a.label < b.label; });
    families.push_back({.name = name, .help = help, .type = type, .metric = std::move(metrics)});
  }
};

Exposition::Exposition() : state_(std::make_unique<State>()) {}
Exposition::~Exposition() = default;

void Exposition::Add(Kind kind, const char* name, const char* help, std::vector<Row> rows) {
  const bool counter = kind == Kind::kCounter;
  std::vector<prometheus::ClientMetric> metrics;
  for (Row& row : rows) {
    prometheus::ClientMetric& metric = metrics.emplace_back(Labelled(std::move(row.labels)));
    (counter ? metric.counter.value : metric.gauge.value) = row.value;
  }
  state_->Put(name, help, counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge,
              std::move(metrics));
}

void Exposition::AddHistogram(const char* name, const char* help, std::vector<HistogramRow> rows) {
  std::vector<prometheus::ClientMetric> metrics;
  for (HistogramRow& row : rows) {
    metrics.emplace_back(Labelled(std::move(row.labels))).histogram = HistogramOf(row.values);
  }
  state_->Put(name, help, prometheus::MetricType::Histogram, std::move(metrics));
}

void Exposition::Counter(const char* name, const char* help, double value) {
  Add(Kind::kCounter, name, help, {{.labels = {}, .value = value}});
}

void Exposition::Gauge(const char* name, const char* help, double value) {
  Add(Kind::kGauge, name, help, {{.labels = {}, .value = value}});
}

std::string Exposition::Text() const {
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, state_->families);
  return text.str();
}

}  // namespace keelrow::signals
