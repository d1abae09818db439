#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "signals/series.h"

namespace keelrow::signals {

/// Prometheus' text format, version 0.0.4, put together when somebody asks. One thread.
class Exposition {
 public:
  enum class Kind { kCounter, kGauge };
  /// By name, ascending.
  using Labels = std::vector<std::pair<const char*, std::string>>;
  struct Row {
    Labels labels;
    double value = 0;
  };
  struct HistogramRow {
    Labels labels;
    Distribution::Snapshot values;
  };

  Exposition();
  ~Exposition();

  /// Rows are sorted. Without any the name is left out.
  void Add(Kind kind, const char* name, const char* help, std::vector<Row> rows);
  void AddHistogram(const char* name, const char* help, std::vector<HistogramRow> rows);
  /// One number without labels.
  void Counter(const char* name, const char* help, double value);
  void Gauge(const char* name, const char* help, double value);

  std::string Text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keelrow::signals
