#include "measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "machine.h"

namespace keelrow::bench {
namespace {

struct Pairs {
  std::vector<double> ours;
  std::vector<double> theirs;
  std::vector<double> ratios;
  bool correct = true;
};

double Ratio(const Case& one, double ours, double theirs) {
  return one.more_is_better ? ours / theirs : theirs / ours;
}

void Add(Pairs& pairs, const Case& one, const Sample& ours, const Sample& theirs) {
  const std::string fault = one.fault(ours.answer, theirs.answer);
  pairs.ours.push_back(ours.value);
  pairs.theirs.push_back(theirs.value);
  pairs.ratios.push_back(Ratio(one, ours.value, theirs.value));
  pairs.correct = pairs.correct && fault.empty();
  fmt::print(stderr, "{} {}  pair {}: ours {:.4g}, {} {:.4g} {}, ratio {:.3f}{}\n", one.suite,
             one.name, pairs.ours.size(), ours.value, one.peer, theirs.value, one.unit,
             pairs.ratios.back(), fault.empty() ? "" : "  WRONG: " + fault);
}

/// Four digits: more would claim a precision that no run here has.
double Rounded(double value) {
  return std::stod(fmt::format("{:.4g}", value));
}

}  // namespace

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

Json ToJson(const Row& row) {
  return {{"suite", row.suite},
          {"case", row.name},
          {"peer", row.peer},
          {"unit", row.unit},
          {"ours", Rounded(row.ours)},
          {"theirs", Rounded(row.theirs)},
          {"ratio", Rounded(row.ratio)},
          {"spread", {Rounded(row.least), Rounded(row.most)}},
          {"runs", row.runs},
          {"correct", row.correct},
          {"machine", row.machine},
          {"load", Rounded(row.load)}};
}

Row RowFromJson(const Json& json) {
  return {.suite = json.at("suite"),
          .name = json.at("case"),
          .peer = json.at("peer"),
          .unit = json.at("unit"),
          .ours = json.at("ours"),
          .theirs = json.at("theirs"),
          .ratio = json.at("ratio"),
          .least = json.at("spread").at(0),
          .most = json.at("spread").at(1),
          .runs = json.at("runs"),
          .correct = json.at("correct"),
          .machine = json.at("machine"),
          .load = json.at("load")};
}

Row Measure(const Case& one, const Places& places, int runs) {
  const std::string machine = DescribeMachine();
  const double load = SystemLoad();
  Pairs pairs;
  for (int i = 0; i < runs; ++i) {
    const Sample ours = one.ours(places);
    const Sample theirs = one.theirs(places);
    Add(pairs, one, ours, theirs);
  }
  const double ours = Median(pairs.ours);
  const double theirs = Median(pairs.theirs);
  return {.suite = one.suite,
          .name = one.name,
          .peer = one.peer,
          .unit = one.unit,
          .ours = ours,
          .theirs = theirs,
          .ratio = Ratio(one, ours, theirs),
          .least = std::ranges::min(pairs.ratios),
          .most = std::ranges::max(pairs.ratios),
          .runs = runs,
          .correct = pairs.correct,
          .machine = machine,
          .load = load};
}

}  // namespace keelrow::bench
