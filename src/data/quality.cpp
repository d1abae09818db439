#include "data/quality.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_set>

#include "base/parallel.h"
#include "base/text.h"
#include "data/image_decode.h"

namespace keelrow::data {
namespace {

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

Inspection Inspect(const Example& example, const Source& source, const Inspector& inspect) {
  const Expected<std::string> bytes = source.Read(example);
  if (!bytes && !IsFaultOfContent(bytes.error().code())) throw bytes.error();
  const Expected<PictureFacts> facts = bytes ? inspect(*bytes) : bytes.error();
  if (facts) return {.facts = *facts};
  return {.facts = std::nullopt,
          .fault = Reason(facts.error()),
          .truncated = facts.error().code() == Code::kCorrupt};
}

/// The first of each kind of bytes; repeats are no news to the search for what looks alike.
std::vector<const Fingerprint*> DistinctFingerprints(std::span<const Example> examples,
                                                     const std::vector<Inspection>& inspections) {
  std::unordered_set<std::string_view> seen;
  std::vector<const Fingerprint*> fingerprints(examples.size(), nullptr);
  for (size_t i = 0; i < examples.size(); ++i) {
    if (!inspections[i].facts || !seen.insert(examples[i].content_hash).second) continue;
    fingerprints[i] = &inspections[i].facts->fingerprint;
  }
  return fingerprints;
}

/// The example that a message shows.
const BadExample* FirstToBlame(const QualityReport& report) {
  if (!report.bad.empty()) return &report.bad.front();
  for (const QualityCheck& check : report.checks) {
    if (!check.ok() && !check.found.empty()) return &check.found.front();
  }
  return nullptr;
}

Measurements Pair(std::span<const Example> examples, std::vector<Inspection> inspections,
                  const QualityConfig& config) {
  Measurements measurements{.inspections = std::move(inspections)};
  measurements.near_duplicates = FindNearDuplicates(
      DistinctFingerprints(examples, measurements.inspections),
      {.bits = config.near_duplicate_bits, .correlation = config.near_duplicate_correlation});
  return measurements;
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

/// Whether each example stays.
std::vector<bool> Staying(std::span<const Example> examples, const std::vector<BadExample>& gone) {
  std::unordered_set<std::string_view> ids;
  for (const BadExample& example : gone) ids.insert(example.id);
  std::vector<bool> stays;
  for (const Example& example : examples) stays.push_back(!ids.contains(example.id));
  return stays;
}

/// Bad examples and, to clean, those that violated checks count; each once, sorted by id.
std::vector<BadExample> ToSetAside(const QualityReport& report, bool clean) {
  std::map<std::string, std::string> reasons;
  for (const BadExample& example : report.bad) reasons.emplace(example.id, example.reason);
  for (const QualityCheck& check : report.checks) {
    if (!clean || check.ok()) continue;
    for (const BadExample& example : check.found) reasons.emplace(example.id, example.reason);
  }
  std::vector<BadExample> gone;
  for (auto& [id, reason] : reasons) gone.push_back({id, reason});
  return gone;
}

/// Keeps what is not set aside, and gives its own measurements: some pairs that look alike have
/// lost a half.
Measurements KeepTheRest(std::vector<Example> examples, const QualityConfig& config,
                         QualityResult& result) {
  const std::vector<bool> stays = Staying(examples, result.set_aside);
  std::vector<Inspection> inspections;
  for (size_t i = 0; i < examples.size(); ++i) {
    if (!stays[i]) continue;
    result.kept.push_back(std::move(examples[i]));
    inspections.push_back(result.measurements.inspections[i]);
  }
  return Pair(result.kept, std::move(inspections), config);
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
  object.Field("truncated", &QualityConfig::truncated,
               "Share of examples that are damaged or end too early; they are unreadable too.");
  object.Field("long_tail", &QualityConfig::long_tail,
               "Size of the largest class over that of the smallest.");
  object.Field("duplicates", &QualityConfig::duplicates,
               "Share of examples with the same bytes as another; without a limit only shown, like "
               "all that follow.");
  object.Field("label_conflicts", &QualityConfig::label_conflicts,
               "Share of examples with another's bytes under another label.");
  object.Field("near_duplicates", &QualityConfig::near_duplicates,
               "Share of examples that look like an earlier one, although their bytes differ.");
  object.Field("constant", &QualityConfig::constant, "Share of pictures of a single colour.");
  object.Field("blurred", &QualityConfig::blurred,
               "Share of pictures without any sharp edge: the variance of the Laplacian of their "
               "gray levels is below 30.");
  object.Field(
      "over_exposed", &QualityConfig::over_exposed,
      "Share of pictures that are white but for 5 % of their pixels: brighter than 95 % of "
      "the range.");
  object.Field(
      "under_exposed", &QualityConfig::under_exposed,
      "Share of pictures without a bright spot: 99 % of the pixels are darker than 32 % of "
      "the range.");
  object.Field("odd_size", &QualityConfig::odd_size,
               "Share of pictures that are far from the others: their size by more than a factor "
               "of 4 from the median, or their aspect ratio by more than 3.");
  object
      .Field("near_duplicate_bits", &QualityConfig::near_duplicate_bits,
             "By how many of 64 bits the perceptual hashes of pictures that look alike may differ; "
             "more find pictures cut at their edges too.")
      .Range(0, 24);
  object
      .Field("near_duplicate_correlation", &QualityConfig::near_duplicate_correlation,
             "How alike their miniatures of 16 x 16 gray pixels must be besides; 1 is equal.")
      .Range(0, 1);
  object.Field("classes", &QualityConfig::classes,
               "The classes that there should be: a missing one counts in the entropy, another "
               "label makes a bad example. Without it, those that are found.");
}

bool QualityReport::ok() const {
  return std::ranges::all_of(checks, &QualityCheck::ok);
}

Expected<PictureFacts> InspectPicture(const std::string& bytes) {
  const Expected<Image> image = DecodeImage(bytes);
  if (!image) return image.error();
  return MeasurePicture(*image);
}

Measurements InspectExamples(std::span<const Example> examples, const Source& source,
                             const QualityRequest& request) {
  std::vector<Inspection> inspections(examples.size());
  ParallelFor(examples.size(),
              [&](size_t i) { inspections[i] = Inspect(examples[i], source, request.inspect); });
  return Pair(examples, std::move(inspections), request.config);
}

QualityResult RunQualityGate(std::span<const Example> examples, const Source& source,
                             const QualityRequest& request, OnViolation on_violation) {
  RequireClasses(WithKnownLabels(examples, request.config.classes), "the data");
  QualityResult result{.measurements = InspectExamples(examples, source, request)};
  result.report = MeasureQuality(examples, result.measurements, request);
  std::vector<Example> filled(examples.begin(), examples.end());
  result.imputed = Impute(filled, request.impute);
  if (!result.imputed.empty()) {
    result.cleaned = MeasureQuality(filled, result.measurements, request);
  }
  const bool clean = on_violation == OnViolation::kClean;
  result.set_aside = ToSetAside(result.cleaned ? *result.cleaned : result.report, clean);
  if (result.set_aside.empty()) {
    result.kept = std::move(filled);
    result.near_duplicates = result.measurements.near_duplicates;
  } else {
    const Measurements rest = KeepTheRest(std::move(filled), request.config, result);
    result.near_duplicates = rest.near_duplicates;
    if (clean) result.cleaned = MeasureQuality(result.kept, rest, request);
  }
  const QualityReport& last = result.cleaned ? *result.cleaned : result.report;
  result.passed = last.ok() || on_violation == OnViolation::kWarn;
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
  const BadExample* first = FirstToBlame(last);
  if (first != nullptr) message += fmt::format("; first: {}: {}", first->id, first->reason);
  const bool after_setting_aside = cleaned && cleaned->examples < report.examples;
  const char* hint = "it takes other data, or another limit in data.quality";
  if (after_setting_aside) {
    hint =
        "this is after bad examples were set aside: it takes other data, or another limit in "
        "data.quality";
  } else if (first != nullptr) {
    hint = "`keelrow data check` lists them; data.on_violation: clean sets them aside";
  }
  return Error(Code::kQuality, message, {.hint = hint});
}

}  // namespace keelrow::data
