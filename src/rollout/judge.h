#pragma once

#include <optional>
#include <string>

#include "rollout/evidence.h"
#include "rollout/plan.h"

namespace keelrow::rollout {

/// A rule that the candidate broke, and how, in a sentence for the audit.
struct Breach {
  std::string rule;  // "latency", "slower", "errors", "refusals", "mix", "agreement"
  std::string reason;
};

struct Verdict {
  std::optional<Breach> breach;
  bool enough = false;  // answers for the next step
};

/// Whether the candidate keeps the SLO, by the last seconds and by the whole step. Each rule is a
/// limit and a test that chance alone does not pass it once in a million windows: so few answers
/// are as safe a ground as many, only slower to say something.
Verdict Judge(const Slo& slo, const Evidence& evidence);

}  // namespace keelrow::rollout
