#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/units.h"
#include "config/described.h"
#include "data/cleaning.h"
#include "data/example.h"
#include "data/near_duplicates.h"
#include "data/picture_facts.h"
#include "data/source.h"

namespace keelrow::data {

/// The key `data.quality`: limits that the data must keep.
struct QualityConfig {
  Threshold missing_rate{Threshold::Op::kLess, 0.05};
  Threshold class_entropy{Threshold::Op::kGreater, 0.8};
  Threshold unreadable{Threshold::Op::kLessEqual, 0};
  Threshold long_tail{Threshold::Op::kLess, 10};
  std::optional<Threshold> truncated;
  std::optional<Threshold> duplicates;
  std::optional<Threshold> label_conflicts;
  std::optional<Threshold> near_duplicates;
  std::optional<Threshold> constant;
  std::optional<Threshold> blurred;
  std::optional<Threshold> over_exposed;
  std::optional<Threshold> under_exposed;
  std::optional<Threshold> odd_size;
  int near_duplicate_bits = NearDuplicateLimits{}.bits;
  double near_duplicate_correlation = NearDuplicateLimits{}.correlation;
  std::vector<std::string> classes;
};
void Describe(config::Object<QualityConfig>& object);

/// An example that something is found at, and what.
struct BadExample {
  std::string id;
  std::string reason;

  bool operator==(const BadExample&) const = default;
};

/// One measured number beside its limit.
struct QualityCheck {
  std::string name;  // a key of QualityConfig
  double value = 0;
  std::optional<Threshold> limit;  // none: for information
  std::string meaning;             // "41 of 10000 values are missing"
  /// The examples that it counts, in the order of the examples, where setting them aside mends it.
  std::vector<BadExample> found = {};

  bool ok() const { return !limit || limit->Holds(value); }
};

struct QualityReport {
  int64_t examples = 0;
  std::map<std::string, int64_t> classes;
  std::vector<QualityCheck> checks;
  std::vector<BadExample> bad;  // no model can learn from these; sorted by id

  bool ok() const;
};

/// What the check learns about one example.
struct Inspection {
  std::optional<PictureFacts> facts;  // none where it cannot be read
  std::string fault = {};             // why not
  bool truncated = false;             // that is, damaged or cut off
};

/// Looks at the bytes of an example; an Error says why they cannot be used. Called from many
/// threads.
using Inspector = std::function<Expected<PictureFacts>(const std::string& bytes)>;
/// The inspector of pictures: decodes them whole.
Expected<PictureFacts> InspectPicture(const std::string& bytes);

struct QualityRequest {
  QualityConfig config = {};
  std::vector<std::string> columns = {};  // a manifest's that must have values, besides the label
  std::vector<ImputeRule> impute = {};    // for the gate: what stands in where they have none
  Inspector inspect = InspectPicture;
};

/// What was measured, of all examples in their order, and the pairs that look alike.
struct Measurements {
  std::vector<Inspection> inspections;
  std::vector<NearDuplicate> near_duplicates;  // indices of examples; none among equal bytes
};

/// Decodes every example once, on all cores; the result does not depend on their number.
Measurements InspectExamples(std::span<const Example> examples, const Source& source,
                             const QualityRequest& request);

QualityReport MeasureQuality(std::span<const Example> examples, const Measurements& measurements,
                             const QualityRequest& request);

enum class OnViolation { kStop, kClean, kWarn };
/// "stop", "clean", "warn"; throws kBadValue.
OnViolation OnViolationOf(std::string_view name);

/// The gate before training. Bad examples never pass, even when their rate is within the limits;
/// `clean` also sets aside what violated checks count; after it, and after imputation, the rest is
/// measured again. The user's files are never touched.
struct QualityResult {
  Measurements measurements = {};             // of everything
  QualityReport report = {};                  // of everything
  std::optional<QualityReport> cleaned = {};  // of what is left, after `clean` and imputation
  std::vector<Imputation> imputed = {};
  std::vector<BadExample> set_aside = {};           // sorted by id
  std::vector<Example> kept = {};                   // for training
  std::vector<NearDuplicate> near_duplicates = {};  // indices of the kept ones

  bool passed = false;
  /// kQuality, naming each violation; for when it did not pass.
  Error Failure() const;
};
/// Throws kNoData as RequireClasses does, for what there is and for what is kept.
QualityResult RunQualityGate(std::span<const Example> examples, const Source& source,
                             const QualityRequest& request, OnViolation on_violation);

/// −Σ p ln p / ln K over K classes; 1 is even, 0 a single class. K < 2 gives 0.
double NormalizedEntropy(std::span<const int64_t> counts);

Json ToJson(const QualityReport& report);
Json ToJson(const QualityResult& result);
/// For a terminal: check, value, limit, verdict, meaning.
std::string RenderQuality(const QualityReport& report);

}  // namespace keelrow::data
