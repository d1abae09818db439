#pragma once

#include "case.h"

namespace keelrow::bench {

/// A case's result: one line of the output, one row of docs/benchmarks.md.
struct Row {
  std::string suite;
  std::string name;
  std::string peer;
  std::string unit;
  double ours = 0;  // medians
  double theirs = 0;
  double ratio = 0;  // of the medians; above 1 we are better
  double least = 0;  // of the ratios of the pairs
  double most = 0;
  int runs = 0;
  bool correct = false;  // in every pair
  std::string machine;
  double load = 0;  // of it, before the first pair
};

Json ToJson(const Row& row);
Row RowFromJson(const Json& json);

/// The middle value, or the mean of the two middle ones. At least one value.
double Median(std::vector<double> values);

/// Runs ours, theirs, ours, theirs, …, so that what else goes on here weighs on both. Says on
/// standard error how each pair went. Throws what a side throws.
Row Measure(const Case& one, const Places& places, int runs);

}  // namespace keelrow::bench
