#include "steps/data_report.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/parallel.h"
#include "base/units.h"
#include "base/version.h"
#include "data/image_decode.h"
#include "data/image_encode.h"
#include "project/job_source.h"
#include "report/scale.h"
#include "steps/data_summary.h"
#include "steps/thumbnail.h"

namespace keelrow::steps {
namespace {

using data::Example;
using report::DataReportInput;
using report::Histogram;

constexpr size_t kKindsMax = 30;  // of more values, intervals or extremes are shown
constexpr int kIntervals = 16;    // about so many
constexpr double kSlack = 1e-9;   // of an interval: what rounding may take
constexpr size_t kClassesShown = 40;
constexpr size_t kExamplesShown = 6;  // of each class
constexpr size_t kFoundShown = 12;    // of each check
constexpr size_t kPairsShown = 24;
constexpr int kThumbnail = 128;  // pixels of the longer side

/// By value; numbers by their size.
using Kinds = std::vector<Histogram::Bin>;

Kinds KindsOf(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  std::map<std::string, Histogram::Bin> counts;
  for (const std::string& value : before) ++counts[value].before;
  for (const std::string& value : after) ++counts[value].after;
  Kinds kinds;
  for (auto& [value, bin] : counts) kinds.push_back({value, bin.before, bin.after});
  return kinds;
}

/// The numbers that the kinds stand for, but for a missing value; nothing where one is none.
std::optional<std::vector<double>> Numbers(const Kinds& kinds) {
  std::vector<double> numbers;
  for (const Histogram::Bin& kind : kinds) {
    if (kind.label.empty()) continue;
    const Expected<double> number = ParseNumber(kind.label);
    if (!number || !std::isfinite(*number)) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

/// Whether they spread so far that intervals tell more than names. Large numbers that differ in
/// their last digits only are names, such as those of cameras.
bool Spread(const std::vector<double>& numbers) {
  const auto [low, high] = std::ranges::minmax(numbers);
  const double width = high - low;
  return std::isfinite(width) && width > 1e-9 * std::max(std::abs(low), std::abs(high));
}

double NumberOf(const Histogram::Bin& kind) {
  return ParseNumber(kind.label).Value();
}

/// Puts the missing value first, under a name.
void NameMissing(Kinds& kinds) {
  const auto missing = std::ranges::find(kinds, "", &Histogram::Bin::label);
  if (missing == kinds.end()) return;
  std::rotate(kinds.begin(), missing, missing + 1);
  kinds.front().label = "(missing)";
}

/// Intervals between round numbers; a missing value stays what it is.
Kinds Intervals(const Kinds& kinds, const std::vector<double>& numbers) {
  const auto [low, high] = std::ranges::minmax(numbers);
  const report::Scale scale({.values = {low, high}, .places = {}, .ticks = kIntervals});
  const std::vector<double>& edges = scale.ticks();
  Kinds intervals;
  for (size_t i = 0; i + 1 < edges.size(); ++i) {
    intervals.push_back(
        {fmt::format("{} – {}", report::TickLabel(edges[i]), report::TickLabel(edges[i + 1]))});
  }
  const size_t count = intervals.size();
  for (const Histogram::Bin& kind : kinds) {
    if (kind.label.empty()) {
      intervals.push_back(kind);
      continue;
    }
    const double at = (NumberOf(kind) - edges[0]) / (edges[1] - edges[0]) + kSlack;
    Histogram::Bin& interval = intervals[std::min(static_cast<size_t>(at), count - 1)];
    interval.before += kind.before;
    interval.after += kind.after;
  }
  return intervals;
}

/// The most and the least frequent ones, between them the sum of the others.
Kinds Extremes(Kinds kinds) {
  std::ranges::stable_sort(kinds, std::ranges::greater(), &Histogram::Bin::before);
  const auto first = kinds.begin() + kKindsMax / 2;
  const auto last = kinds.end() - kKindsMax / 2;
  Histogram::Bin others{fmt::format("({} others)", last - first)};
  for (auto kind = first; kind != last; ++kind) {
    others.before += kind->before;
    others.after += kind->after;
  }
  *first = others;
  kinds.erase(first + 1, last);
  return kinds;
}

/// Each kind on its own, as far as they are not too many.
Histogram OfKinds(std::string name, Kinds kinds) {
  const std::optional<std::vector<double>> numbers = Numbers(kinds);
  NameMissing(kinds);
  if (kinds.size() > kKindsMax) {
    kinds = Extremes(std::move(kinds));
  } else if (numbers) {
    std::ranges::sort(std::span(kinds).last(numbers->size()), {}, NumberOf);
  }
  return {.name = std::move(name), .bins = std::move(kinds)};
}

std::vector<std::string> ValuesOf(std::span<const Example> examples, const std::string& column) {
  std::vector<std::string> values;
  for (const Example& example : examples) values.push_back(example.Value(column));
  return values;
}

std::vector<Histogram> ColumnHistograms(std::span<const Example> before,
                                        std::span<const Example> after) {
  std::set<std::string> columns;
  for (const Example& example : before) {
    for (const auto& [column, value] : example.columns) columns.insert(column);
  }
  std::vector<Histogram> histograms;
  for (const std::string& column : columns) {
    histograms.push_back(CountValues(column, ValuesOf(before, column), ValuesOf(after, column)));
  }
  return histograms;
}

/// What was measured of the pictures that can be read.
class Facts {
 public:
  Facts(std::span<const Example> examples, const data::QualityResult& result) {
    for (size_t i = 0; i < examples.size(); ++i) {
      const auto& facts = result.measurements.inspections[i].facts;
      if (facts) by_id_[examples[i].id] = &*facts;
    }
  }

  template <class Get>
  std::vector<std::string> Of(std::span<const Example> examples, const Get& get) const {
    std::vector<std::string> values;
    for (const Example& example : examples) {
      const auto found = by_id_.find(example.id);
      if (found != by_id_.end()) values.push_back(fmt::format("{}", get(*found->second)));
    }
    return values;
  }

 private:
  std::map<std::string_view, const data::PictureFacts*> by_id_;
};

std::vector<Histogram> PictureHistograms(std::span<const Example> before,
                                         const data::QualityResult& result) {
  const Facts facts(before, result);
  const auto count = [&](std::string name, const auto& get) {
    return CountValues(std::move(name), facts.Of(before, get), facts.Of(result.kept, get));
  };
  using Picture = data::PictureFacts;
  return {
      count("Width x height in pixels",
            [](const Picture& p) { return fmt::format("{} x {}", p.width, p.height); }),
      count("Longer side over the shorter one",
            [](const Picture& p) {
              return fmt::format("{:.1f}",
                                 std::max(1.0 * p.width / p.height, 1.0 * p.height / p.width));
            }),
      count("Mean gray level, 0 to 255", [](const Picture& p) { return std::round(p.brightness); }),
      count("Standard deviation of the gray levels",
            [](const Picture& p) { return std::round(p.contrast); })};
}

/// Of each class those with the first hashes, so the same ones wherever they lie.
std::vector<report::ClassExamples> SomeOfEachClass(std::span<const Example> examples) {
  std::map<std::string, std::vector<const Example*>> classes;
  for (const Example& example : examples) classes[example.label].push_back(&example);
  std::vector<report::ClassExamples> shown;
  for (auto& [label, members] : classes) {
    if (shown.size() == kClassesShown) break;
    std::ranges::sort(members, {},
                      [](const Example* e) { return std::tie(e->content_hash, e->id); });
    shown.push_back({.label = label.empty() ? "(missing)" : label, .ids = {}});
    for (size_t i = 0; i < std::min(members.size(), kExamplesShown); ++i) {
      shown.back().ids.push_back(members[i]->id);
    }
  }
  return shown;
}

report::Finding Shown(const std::string& check, const std::string& meaning,
                      const std::vector<data::BadExample>& found) {
  report::Finding finding{.check = check, .meaning = meaning, .examples = {}};
  for (size_t i = 0; i < std::min(found.size(), kFoundShown); ++i) {
    finding.examples.push_back({.id = found[i].id, .reason = found[i].reason});
  }
  if (found.size() > kFoundShown) finding.meaning += fmt::format("; {} of them:", kFoundShown);
  return finding;
}

/// Pictures that look alike have a section of their own.
std::vector<report::Finding> Findings(const data::QualityReport& quality) {
  std::vector<report::Finding> findings;
  std::vector<data::BadExample> labels = quality.bad;
  for (const data::QualityCheck& check : quality.checks) {
    if (check.found.empty() || check.name == "near_duplicates") continue;
    findings.push_back(Shown(check.name, check.meaning, check.found));
    if (check.name != "unreadable") continue;
    std::set<std::string_view> unreadable;
    for (const data::BadExample& example : check.found) unreadable.insert(example.id);
    std::erase_if(labels, [&](const auto& example) { return unreadable.contains(example.id); });
  }
  if (labels.empty()) return findings;
  findings.push_back(
      Shown("labels", fmt::format("{} have no label that counts", labels.size()), labels));
  return findings;
}

std::vector<report::AlikePictures> Alike(std::span<const Example> examples,
                                         const std::vector<data::NearDuplicate>& pairs) {
  std::vector<report::AlikePictures> alike;
  for (size_t i = 0; i < std::min(pairs.size(), kPairsShown); ++i) {
    const Example& first = examples[pairs[i].first];
    const Example& second = examples[pairs[i].second];
    const std::string labels = first.label == second.label
                                   ? first.label
                                   : fmt::format("{} and {}", first.label, second.label);
    alike.push_back({.first = first.id,
                     .second = second.id,
                     .note = fmt::format("{}: {} of 64 bits differ, correlation {:.3f}", labels,
                                         pairs[i].bits, pairs[i].correlation)});
  }
  return alike;
}

std::set<std::string> ShownIds(const DataReportInput& input) {
  std::set<std::string> ids;
  for (const auto& shown : input.examples) ids.insert(shown.ids.begin(), shown.ids.end());
  for (const auto& finding : input.findings) {
    for (const auto& example : finding.examples) ids.insert(example.id);
  }
  for (const auto& pair : input.alike) ids.insert({pair.first, pair.second});
  return ids;
}

/// As PNG; empty where it cannot be read.
std::string Picture(const data::Source& source, const Example& example) {
  const Expected<std::string> bytes = source.Read(example);
  if (!bytes) return "";
  Expected<data::Image> image = data::DecodeImage(*bytes, {.upright = true});
  return image ? data::EncodePng(Thumbnail(*std::move(image), kThumbnail)) : "";
}

std::map<std::string, std::string> Pictures(const data::Source& source,
                                            std::span<const Example> examples,
                                            const std::set<std::string>& ids) {
  std::vector<const Example*> shown;
  for (const Example& example : examples) {
    if (ids.contains(example.id)) shown.push_back(&example);
  }
  std::vector<std::string> files(shown.size());
  ParallelFor(shown.size(), [&](size_t i) { files[i] = Picture(source, *shown[i]); });
  std::map<std::string, std::string> pictures;
  for (size_t i = 0; i < shown.size(); ++i) {
    if (!files[i].empty()) pictures[shown[i]->id] = std::move(files[i]);
  }
  return pictures;
}

std::vector<report::Fact> Counts(std::span<const Example> examples,
                                 const data::QualityResult& result) {
  std::vector<report::Fact> facts = {{"examples", fmt::format("{}", examples.size())},
                                     {"classes", fmt::format("{}", result.report.classes.size())},
                                     {"set hash", data::SetHash(examples)}};
  if (!result.set_aside.empty()) {
    facts.insert(facts.begin() + 1, {"kept", fmt::format("{}, {} are set aside", result.kept.size(),
                                                         result.set_aside.size())});
  }
  return facts;
}

}  // namespace

report::Histogram CountValues(std::string name, const std::vector<std::string>& before,
                              const std::vector<std::string>& after) {
  Kinds kinds = KindsOf(before, after);
  const std::optional<std::vector<double>> numbers = Numbers(kinds);
  if (kinds.size() <= kKindsMax || !numbers || !Spread(*numbers))
    return OfKinds(std::move(name), std::move(kinds));
  Kinds intervals = Intervals(kinds, *numbers);
  NameMissing(intervals);
  return {.name = std::move(name), .bins = std::move(intervals)};
}

report::DataReportInput DescribeData(const job::StepJob& job, std::span<const Example> examples,
                                     const data::QualityResult& result) {
  const Json quality = data::ToJson(result);
  DataReportInput input{
      .project = job.Config("name"),
      .time = fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr))),
      .program_version = std::string(Version()),
      .cleaned = result.cleaned || !result.set_aside.empty(),
      .passed = result.passed,
      .facts = Counts(examples, result),
      .quality = QualityChecks(quality),
      .cleaning = Imputations(quality),
      .classes = OfKinds("Examples by class",
                         KindsOf(ValuesOf(examples, "label"), ValuesOf(result.kept, "label"))),
      .columns = ColumnHistograms(examples, result.kept),
      .pictures_measured = PictureHistograms(examples, result),
      .examples = SomeOfEachClass(examples),
      .findings = Findings(result.report),
      .alike_total = result.measurements.near_duplicates.size(),
      .alike = Alike(examples, result.measurements.near_duplicates),
      .quarantined = SetAside(quality),
      .pictures = {}};
  input.pictures = Pictures(*project::OpenJobSource(job), examples, ShownIds(input));
  return input;
}

}  // namespace keelrow::steps
