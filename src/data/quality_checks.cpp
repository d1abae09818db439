#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "data/quality.h"

namespace keelrow::data {
namespace {

double Rate(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

QualityCheck MissingRate(std::span<const Example> examples, const QualityRequest& request) {
  int64_t missing = 0;
  for (const Example& example : examples) {
    missing += example.label.empty() ? 1 : 0;
    for (const std::string& column : request.columns) {
      if (column != "label") missing += example.Value(column).empty() ? 1 : 0;
    }
  }
  const auto others =
      static_cast<int64_t>(request.columns.size()) - std::ranges::count(request.columns, "label");
  const int64_t cells = static_cast<int64_t>(examples.size()) * (1 + others);
  return {.name = "missing_rate",
          .value = Rate(missing, cells),
          .limit = request.config.missing_rate,
          .meaning = fmt::format("{} of {} values are missing", missing, cells)};
}

/// The declared classes, absent ones included; without a declaration those that are there.
std::vector<int64_t> CountsOfClasses(const std::map<std::string, int64_t>& observed,
                                     const std::vector<std::string>& declared) {
  std::vector<int64_t> counts;
  for (const std::string& label : declared) {
    const auto found = observed.find(label);
    counts.push_back(found == observed.end() ? 0 : found->second);
  }
  if (!declared.empty()) return counts;
  for (const auto& [label, count] : observed) counts.push_back(count);
  return counts;
}

QualityCheck LongTail(const std::vector<int64_t>& counts, const QualityConfig& config) {
  QualityCheck check{.name = "long_tail", .limit = config.long_tail, .meaning = "no classes"};
  if (counts.empty()) return check;
  const auto [smallest, largest] = std::ranges::minmax(counts);
  check.value = static_cast<double>(largest) / static_cast<double>(std::max<int64_t>(smallest, 1));
  check.meaning = fmt::format("the largest class has {}, the smallest {}", largest, smallest);
  return check;
}

/// A check of how many of the examples are found.
QualityCheck ShareCheck(std::string name, const std::optional<Threshold>& limit,
                        std::vector<BadExample> found, size_t total, std::string_view what) {
  const auto count = static_cast<int64_t>(found.size());
  return {.name = std::move(name),
          .value = Rate(count, static_cast<int64_t>(total)),
          .limit = limit,
          .meaning = fmt::format("{} of {} {}", count, total, what),
          .found = std::move(found)};
}

/// Says what is wrong with a picture, or nothing.
using Judge = std::function<std::string(const Inspection& inspection)>;

std::vector<BadExample> FindBy(std::span<const Example> examples,
                               const std::vector<Inspection>& inspections, const Judge& judge) {
  std::vector<BadExample> found;
  for (size_t i = 0; i < examples.size(); ++i) {
    if (std::string reason = judge(inspections[i]); !reason.empty()) {
      found.push_back({examples[i].id, std::move(reason)});
    }
  }
  return found;
}

std::vector<BadExample> FindBad(std::span<const Example> examples,
                                const std::vector<Inspection>& inspections,
                                const QualityConfig& config) {
  const std::unordered_set<std::string> declared(config.classes.begin(), config.classes.end());
  std::vector<BadExample> bad;
  for (size_t i = 0; i < examples.size(); ++i) {
    const Example& example = examples[i];
    if (!inspections[i].facts) {
      bad.push_back({example.id, inspections[i].fault});
    } else if (example.label.empty()) {
      bad.push_back({example.id, "it has no label"});
    } else if (!declared.empty() && !declared.contains(example.label)) {
      bad.push_back({example.id, fmt::format("its label `{}` is not declared", example.label)});
    }
  }
  std::ranges::sort(bad, {}, &BadExample::id);
  return bad;
}

/// For `clean` all but the first of equal ones go, but of those that contradict each other all:
/// which label is right, nobody knows here.
void AddRepeats(std::span<const Example> examples, const QualityConfig& config,
                QualityReport& report) {
  std::unordered_map<std::string_view, std::vector<const Example*>> by_content;
  std::vector<BadExample> repeats;
  int64_t conflicts = 0;
  for (const Example& example : examples) {
    auto& equal = by_content[example.content_hash];
    if (!equal.empty()) {
      repeats.push_back({example.id, fmt::format("it repeats {}", equal.front()->id)});
      if (equal.front()->label != example.label) ++conflicts;
    }
    equal.push_back(&example);
  }
  std::vector<BadExample> conflicting;
  for (const Example& example : examples) {
    const auto& equal = by_content[example.content_hash];
    const auto other =
        std::ranges::find_if(equal, [&](const Example* e) { return e->label != example.label; });
    if (other == equal.end()) continue;
    conflicting.push_back({example.id, fmt::format("it equals {}, whose label is `{}`, not `{}`",
                                                   (*other)->id, (*other)->label, example.label)});
  }
  report.checks.push_back(ShareCheck("duplicates", config.duplicates, std::move(repeats),
                                     examples.size(), "repeat another's bytes"));
  report.checks.push_back({.name = "label_conflicts",
                           .value = Rate(conflicts, static_cast<int64_t>(examples.size())),
                           .limit = config.label_conflicts,
                           .meaning = fmt::format("{} repeat them under another label", conflicts),
                           .found = std::move(conflicting)});
}

void AddNearDuplicates(std::span<const Example> examples, const Measurements& measurements,
                       const QualityConfig& config, QualityReport& report) {
  std::map<size_t, std::string> reasons;  // by the later of each pair
  for (const NearDuplicate& pair : measurements.near_duplicates) {
    reasons.emplace(pair.second,
                    fmt::format("it looks like {} ({} of 64 bits differ, correlation {:.3f})",
                                examples[pair.first].id, pair.bits, pair.correlation));
  }
  std::vector<BadExample> found;
  for (auto& [index, reason] : reasons) found.push_back({examples[index].id, std::move(reason)});
  report.checks.push_back(ShareCheck("near_duplicates", config.near_duplicates, std::move(found),
                                     examples.size(), "look like another"));
}

/// Levels of the pictures' checks, chosen where CIFAR-10, ImageNet and MNIST have none or next to
/// none. Sharpness: their sharpest-edged pictures lie above 37, photos blurred by 2 pixels
/// below 26. Exposure: those of CleanVision's "light" and "dark" (cleanlab, 2022).
constexpr double kSharpnessMin = 30;
constexpr double kContrastMin = 1;
constexpr double kWhite = 0.95 * 255;
constexpr double kDim = 0.32 * 255;
constexpr double kSizeFactorMax = 4;
constexpr double kAspectFactorMax = 3;

double Median(std::vector<double> values) {
  if (values.empty()) return 1;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

double SideOf(const PictureFacts& facts) {
  return std::sqrt(static_cast<double>(facts.width) * facts.height);
}

double AspectOf(const PictureFacts& facts) {
  return static_cast<double>(facts.width) / facts.height;
}

double FactorBetween(double a, double b) {
  return std::max(a / b, b / a);
}

/// Against the median of all, which odd ones hardly move.
Judge OddSize(const std::vector<Inspection>& inspections) {
  std::vector<double> sides;
  std::vector<double> aspects;
  for (const Inspection& inspection : inspections) {
    if (!inspection.facts) continue;
    sides.push_back(SideOf(*inspection.facts));
    aspects.push_back(AspectOf(*inspection.facts));
  }
  return [side = Median(std::move(sides)),
          aspect = Median(std::move(aspects))](const Inspection& i) {
    if (!i.facts) return std::string();
    const bool far = FactorBetween(SideOf(*i.facts), side) > kSizeFactorMax ||
                     FactorBetween(AspectOf(*i.facts), aspect) > kAspectFactorMax;
    return far ? fmt::format("it has {} x {} pixels; the median is {:.0f} x {:.0f}", i.facts->width,
                             i.facts->height, side * std::sqrt(aspect), side / std::sqrt(aspect))
               : std::string();
  };
}

std::string JudgeConstant(const Inspection& inspection) {
  if (!inspection.facts || inspection.facts->contrast >= kContrastMin) return "";
  return "it is of a single colour";
}

/// A picture of a single colour is that, not blurred.
std::string JudgeBlurred(const Inspection& inspection) {
  const auto& facts = inspection.facts;
  if (!facts || facts->contrast < kContrastMin || facts->sharpness >= kSharpnessMin) return "";
  return fmt::format("it is blurred: the variance of its Laplacian is {:.1f}", facts->sharpness);
}

std::string JudgeOverExposed(const Inspection& inspection) {
  if (!inspection.facts || inspection.facts->dark <= kWhite) return "";
  return fmt::format("it is white: 95 % of its pixels are above level {:.0f} of 255",
                     inspection.facts->dark);
}

std::string JudgeUnderExposed(const Inspection& inspection) {
  if (!inspection.facts || inspection.facts->bright >= kDim) return "";
  return fmt::format("it is dark: 99 % of its pixels are at most at level {:.0f} of 255",
                     inspection.facts->bright);
}

void AddPictureChecks(std::span<const Example> examples, const std::vector<Inspection>& inspections,
                      const QualityConfig& config, QualityReport& report) {
  const auto add = [&](const char* name, const std::optional<Threshold>& limit, const Judge& judge,
                       const char* what) {
    report.checks.push_back(
        ShareCheck(name, limit, FindBy(examples, inspections, judge), examples.size(), what));
  };
  add("constant", config.constant, JudgeConstant, "are of a single colour");
  add("blurred", config.blurred, JudgeBlurred, "have no sharp edge");
  add("over_exposed", config.over_exposed, JudgeOverExposed, "are white");
  add("under_exposed", config.under_exposed, JudgeUnderExposed, "are dark");
  add("odd_size", config.odd_size, OddSize(inspections), "are far from the others' size");
}

}  // namespace

QualityReport MeasureQuality(std::span<const Example> examples, const Measurements& measurements,
                             const QualityRequest& request) {
  const QualityConfig& config = request.config;
  const std::vector<Inspection>& inspections = measurements.inspections;
  const auto found = [&](const Judge& judge) { return FindBy(examples, inspections, judge); };
  QualityReport report{.examples = static_cast<int64_t>(examples.size()),
                       .classes = ClassCounts(examples)};
  const std::vector<int64_t> counts = CountsOfClasses(report.classes, config.classes);
  report.checks = {
      MissingRate(examples, request),
      {.name = "class_entropy",
       .value = NormalizedEntropy(counts),
       .limit = config.class_entropy,
       .meaning = fmt::format("{} classes; 1 is even", counts.size())},
      ShareCheck("unreadable", config.unreadable,
                 found([](const Inspection& i) { return i.fault; }), examples.size(),
                 "cannot be read"),
      ShareCheck("truncated", config.truncated,
                 found([](const Inspection& i) { return i.truncated ? i.fault : ""; }),
                 examples.size(), "are damaged or cut off"),
      LongTail(counts, config),
  };
  AddRepeats(examples, config, report);
  AddNearDuplicates(examples, measurements, config, report);
  AddPictureChecks(examples, inspections, config, report);
  report.bad = FindBad(examples, inspections, config);
  return report;
}

double NormalizedEntropy(std::span<const int64_t> counts) {
  double total = 0;
  for (const int64_t count : counts) total += static_cast<double>(count);
  if (counts.size() < 2 || total == 0) return 0;
  double entropy = 0;
  for (const int64_t count : counts) {
    const double p = static_cast<double>(count) / total;
    if (p > 0) entropy -= p * std::log(p);
  }
  return entropy / std::log(static_cast<double>(counts.size()));
}

}  // namespace keelrow::data
