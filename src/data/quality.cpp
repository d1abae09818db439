#include "data/quality.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "base/parallel.h"
#include "base/text.h"
#include "data/image_decode.h"

namespace keelrow::data {
namespace {

/// What is wrong with each example, or nothing; the same index as the examples.
using Faults = std::vector<std::optional<std::string>>;

std::string Reason(const Error& error) {
  return error.cause() == nullptr ? error.message()
                                  : error.message() + ": " + error.cause()->message();
}

/// Whether the example is at fault, not the disk or whoever changes files meanwhile: those end the
/// check, for by `clean` they would quietly shrink the data.
bool IsFaultOfContent(Code code) {
  return code == Code::kBadExample || code == Code::kCorrupt || code == Code::kLimit ||
         code == Code::kUnsupported;
}

Faults FindFaults(std::span<const Example> examples, const Source& source,
                  const FaultFinder& find_fault) {
  Faults faults(examples.size());
  ParallelFor(examples.size(), [&](size_t i) {
    const Expected<std::string> bytes = source.Read(examples[i]);
    if (!bytes) {
      if (!IsFaultOfContent(bytes.error().code())) throw bytes.error();
      faults[i] = Reason(bytes.error());
    } else if (const auto fault = find_fault(*bytes)) {
      faults[i] = Reason(*fault);
    }
  });
  return faults;
}

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

struct Repeats {
  int64_t duplicates = 0;  // beyond the first of their kind
  int64_t conflicts = 0;   // of those, under another label than the first
};

Repeats CountRepeats(std::span<const Example> examples) {
  std::unordered_map<std::string_view, std::string_view> first_label;
  Repeats repeats;
  for (const Example& example : examples) {
    const auto [first, fresh] = first_label.emplace(example.content_hash, example.label);
    if (fresh) continue;
    ++repeats.duplicates;
    if (first->second != example.label) ++repeats.conflicts;
  }
  return repeats;
}

std::vector<BadExample> FindBad(std::span<const Example> examples, const Faults& faults,
                                const QualityConfig& config) {
  const std::unordered_set<std::string> declared(config.classes.begin(), config.classes.end());
  std::vector<BadExample> bad;
  for (size_t i = 0; i < examples.size(); ++i) {
    const Example& example = examples[i];
    if (faults[i]) {
      bad.push_back({example.id, *faults[i]});
    } else if (example.label.empty()) {
      bad.push_back({example.id, "it has no label"});
    } else if (!declared.empty() && !declared.contains(example.label)) {
      bad.push_back({example.id, fmt::format("its label `{}` is not declared", example.label)});
    }
  }
  std::ranges::sort(bad, {}, &BadExample::id);
  return bad;
}

QualityReport Measure(std::span<const Example> examples, const Faults& faults,
                      const QualityRequest& request) {
  const QualityConfig& config = request.config;
  const auto total = static_cast<int64_t>(examples.size());
  const auto unreadable =
      std::ranges::count_if(faults, [](const auto& f) { return f.has_value(); });
  const Repeats repeats = CountRepeats(examples);
  QualityReport report{.examples = total, .classes = ClassCounts(examples)};
  const std::vector<int64_t> counts = CountsOfClasses(report.classes, config.classes);
  report.checks = {
      MissingRate(examples, request),
      {.name = "class_entropy",
       .value = NormalizedEntropy(counts),
       .limit = config.class_entropy,
       .meaning = fmt::format("{} classes; 1 is even", counts.size())},
      {.name = "unreadable",
       .value = Rate(unreadable, total),
       .limit = config.unreadable,
       .meaning = fmt::format("{} of {} cannot be read", unreadable, total)},
      LongTail(counts, config),
      {.name = "duplicates",
       .value = Rate(repeats.duplicates, total),
       .limit = config.duplicates,
       .meaning = fmt::format("{} of {} repeat another's bytes", repeats.duplicates, total)},
      {.name = "label_conflicts",
       .value = Rate(repeats.conflicts, total),
       .limit = config.label_conflicts,
       .meaning = fmt::format("{} repeat them under another label", repeats.conflicts)},
  };
  report.bad = FindBad(examples, faults, config);
  return report;
}

/// Those of the declared classes; all where none are declared.
std::vector<Example> WithKnownLabels(std::span<const Example> examples,
                                     const std::vector<std::string>& declared) {
  std::vector<Example> known;
  std::ranges::copy_if(examples, std::back_inserter(known), [&](const Example& example) {
    return declared.empty() || std::ranges::find(declared, example.label) != declared.end();
  });
  return known;
}

std::vector<Example> Without(std::span<const Example> examples,
                             const std::vector<BadExample>& bad) {
  std::unordered_set<std::string_view> ids;
  for (const BadExample& example : bad) ids.insert(example.id);
  std::vector<Example> kept;
  for (const Example& example : examples) {
    if (!ids.contains(example.id)) kept.push_back(example);
  }
  return kept;
}

}  // namespace

void Describe(config::Object<QualityConfig>& object) {
  object.Doc("Limits that the data must keep before anything is trained.");
  object.Field(
      "missing_rate", &QualityConfig::missing_rate,
      "Share of labels, and of values in the columns used by the split, that are missing.");
  object.Field("class_entropy", &QualityConfig::class_entropy,
               "Evenness of the classes: entropy over its greatest value, 0 to 1.");
  object.Field("unreadable", &QualityConfig::unreadable,
               "Share of examples whose bytes cannot be decoded.");
  object.Field("long_tail", &QualityConfig::long_tail,
               "Size of the largest class over that of the smallest.");
  object.Field("duplicates", &QualityConfig::duplicates,
               "Share of examples with the same bytes as another; without a limit only shown.");
  object.Field("label_conflicts", &QualityConfig::label_conflicts,
               "Share of examples with another's bytes under another label; without a limit only "
               "shown.");
  object.Field("classes", &QualityConfig::classes,
               "The classes that there should be: a missing one counts in the entropy, another "
               "label makes a bad example. Without it, those that are found.");
}

bool QualityReport::ok() const {
  return std::ranges::all_of(checks, &QualityCheck::ok);
}

std::optional<Error> FindPictureFault(const std::string& bytes) {
  const Expected<Image> image = DecodeImage(bytes);
  if (image) return std::nullopt;
  return image.error();
}

QualityReport CheckQuality(std::span<const Example> examples, const Source& source,
                           const QualityRequest& request) {
  return Measure(examples, FindFaults(examples, source, request.find_fault), request);
}

QualityResult RunQualityGate(std::span<const Example> examples, const Source& source,
                             const QualityRequest& request, OnViolation on_violation) {
  RequireClasses(WithKnownLabels(examples, request.config.classes), "the data");
  QualityResult result{.report = CheckQuality(examples, source, request)};
  result.kept = Without(examples, result.report.bad);
  result.passed = result.report.ok() || on_violation == OnViolation::kWarn;
  if (on_violation == OnViolation::kClean && !result.report.bad.empty()) {
    // What is kept was read a moment ago without a fault.
    result.cleaned = Measure(result.kept, Faults(result.kept.size()), request);
    result.passed = result.cleaned->ok();
  }
  if (result.passed) RequireClasses(result.kept, "the data");
  return result;
}

Error QualityResult::Failure() const {
  const QualityReport& last = cleaned ? *cleaned : report;
  std::vector<std::string> violations;
  for (const QualityCheck& check : last.checks) {
    if (check.ok()) continue;
    violations.push_back(fmt::format("{} is {:.4g}, wanted {} ({})", check.name, check.value,
                                     check.limit->ToString(), check.meaning));
  }
  std::string message = JoinText(violations, "; ");
  if (!last.bad.empty()) {
    message += fmt::format("; first: {}: {}", last.bad.front().id, last.bad.front().reason);
  }
  const char* hint = "it takes other data, or another limit in data.quality";
  if (!last.bad.empty()) {
    hint = "`keelrow data check` lists them; data.on_violation: clean sets bad examples aside";
  } else if (cleaned) {
    hint =
        "this is after bad examples were set aside: it takes other data, or another limit in "
        "data.quality";
  }
  return Error(Code::kQuality, message, {.hint = hint});
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
