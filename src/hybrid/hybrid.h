#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/router.h"
#include "hybrid/endpoint.h"
#include "hybrid/rules.h"

namespace keelrow::hybrid {

/// A request that a rule was about, for metrics: labels of few values.
struct Called {
  const std::string& endpoint;
  const std::string& rule;
  std::string_view result;  // as Asked::result, or "forbidden"
  double cost;
};

struct HybridOptions {
  std::vector<EndpointOptions> endpoints;
  std::vector<Rule> rules;  // the first that fits
  std::vector<Residency> residency = {};
  std::function<std::string(const http::Request&)> model_of;
  std::function<void(const Called&)> on_call = [](const Called&) {};  // any thread
};

/// The names under which the private side says what it thinks of a single example, for rules about
/// long tails. The label is percent-encoded.
inline constexpr const char* kLabelField = "x-keelrow-label";
inline constexpr const char* kConfidenceField = "x-keelrow-confidence";
/// The private side's, where it has no such model or has not loaded it.
inline constexpr const char* kAbsentField = "x-keelrow-absent";

/// The middleware that sends predictions away by rule, and lets the private side answer else. It
/// stands before what refuses for overload, so that it sees that, and behind identity and limits.
/// One thread waits for all endpoints. Throws kBadValue for a rule about no endpoint, and as the
/// files of certificates may.
http::Middleware MakeHybrid(HybridOptions options);

}  // namespace keelrow::hybrid
