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
#include "data/example.h"
#include "data/source.h"

namespace keelrow::data {

/// The key `data.quality`: limits that the data must keep.
struct QualityConfig {
  Threshold missing_rate{Threshold::Op::kLess, 0.05};
  Threshold class_entropy{Threshold::Op::kGreater, 0.8};
  Threshold unreadable{Threshold::Op::kLessEqual, 0};
  Threshold long_tail{Threshold::Op::kLess, 10};
  std::optional<Threshold> duplicates;
  std::optional<Threshold> label_conflicts;
  std::vector<std::string> classes;
};
void Describe(config::Object<QualityConfig>& object);

/// One measured number beside its limit.
struct QualityCheck {
  std::string name;  // a key of QualityConfig
  double value = 0;
  std::optional<Threshold> limit;  // none: for information
  std::string meaning;             // "41 of 10000 values are missing"

  bool ok() const { return !limit || limit->Holds(value); }
};

/// An example that no model can learn from, and why.
struct BadExample {
  std::string id;
  std::string reason;
};

struct QualityReport {
  int64_t examples = 0;
  std::map<std::string, int64_t> classes;
  std::vector<QualityCheck> checks;
  std::vector<BadExample> bad;  // sorted by id

  bool ok() const;
};

/// Says why the bytes of an example cannot be used, or nothing. Called from many threads.
using FaultFinder = std::function<std::optional<Error>(const std::string& bytes)>;
/// The fault finder for pictures: decodes them whole.
std::optional<Error> FindPictureFault(const std::string& bytes);

struct QualityRequest {
  QualityConfig config = {};
  std::vector<std::string> columns = {};  // a manifest's that must have values, besides the label
  FaultFinder find_fault = FindPictureFault;
};

/// Measures on all cores; the report does not depend on their number. Reads every example.
QualityReport CheckQuality(std::span<const Example> examples, const Source& source,
                           const QualityRequest& request);

enum class OnViolation { kStop, kClean, kWarn };
/// "stop", "clean", "warn"; throws kBadValue.
OnViolation OnViolationOf(std::string_view name);

/// The gate before training. Bad examples never pass, even when their rate is within the limits;
/// `clean` also measures again what is left. The user's files are never touched.
struct QualityResult {
  QualityReport report;                  // of everything
  std::optional<QualityReport> cleaned;  // of what is left, after `clean`
  std::vector<Example> kept;             // for training

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
