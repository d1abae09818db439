#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "job/step_job.h"
#include "project/project.h"
#include "track/store.h"

namespace keelrow::steps {

inline constexpr const char* kNotMeasured = "not measured";

/// One condition of the gate with what was measured.
struct GateRow {
  std::string condition;  // "test.accuracy >=0.97"
  std::string value;      // "0.9912" or kNotMeasured
  bool passed = false;
};

struct Verdict {
  bool passed = true;
  std::vector<GateRow> rows;

  Json ToJson() const;
  static Verdict FromJson(const Json& json);
};

/// What `not_worse_than` compares with.
struct Reference {
  std::string name;  // "@champion (version 3)"
  std::map<std::string, double> metrics;
  bool same_data = true;  // measured on the test set that the new model was measured on
};

/// Judges metrics by the gate's conditions; a condition on a metric that was not measured fails.
/// Without a reference (no champion yet) `not_worse_than` passes.
Verdict Judge(const project::GateConfig& gate, const std::map<std::string, double>& metrics,
              const std::optional<Reference>& reference);

/// Throws kNotFound when `not_worse_than` names an alias that the model's registry does not have;
/// @champion may be missing, before the first promotion.
void CheckReference(const project::GateConfig& gate, const std::string& model,
                    const track::Store& store);

/// The verdict on the bundle of the step `package`, as things stand now: a version may have been
/// promoted since the last verdict.
Verdict JudgeNow(const job::StepJob& job);

}  // namespace keelrow::steps
