#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keelrow::hybrid {

/// When a rule sends a request away. kAlways before the private side is asked; the others look at
/// what it answered.
enum class When {
  kAlways,
  kNotLoaded,  // there is no such model here, or it is not loaded
  kSaturated,  // the private side has too much to do
  kLongTail,   // its answer is a rare class, or not a sure one
};

struct Rule {
  std::string name;
  std::string endpoint;
  When when = When::kAlways;
  std::vector<std::string> models = {"*"};   // patterns: `*` stands for any characters
  std::vector<std::string> tenants = {"*"};  // of token subjects
  double share = 1;                          // of the requests that it fits
  std::vector<std::string> labels = {};      // kLongTail: these …
  double confidence_below = 0;               // … or any with a score below
  bool fallback = true;                      // kAlways: the private side answers when it fails
};

/// Whose data may go where: the first one with the tenant's name decides; without one all may.
struct Residency {
  std::vector<std::string> tenants;
  std::vector<std::string> regions;  // of endpoints; empty: stays here
};

/// What a rule looks at. Two requests with the same id are of one fate.
struct Subject {
  std::string model;
  std::string tenant;  // empty: nobody known
  std::string id;
};

/// What the private side said.
struct PrivateAnswer {
  int status = 200;
  bool absent = false;  // there is no such model, or it is not loaded
  std::string_view label = {};
  std::optional<double> confidence = {};
};

/// "eu-*" of "eu-central-1".
bool FitsPattern(std::string_view pattern, std::string_view text);
bool FitsAny(const std::vector<std::string>& patterns, std::string_view text);

/// Whether a rule is about this request, before or after the private side was asked.
bool Fits(const Rule& rule, const Subject& subject);
bool Fits(const Rule& rule, const Subject& subject, const PrivateAnswer& answer);

bool MayGo(const std::vector<Residency>& residency, std::string_view tenant,
           std::string_view region);

}  // namespace keelrow::hybrid
