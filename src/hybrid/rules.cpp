#include "hybrid/rules.h"

#include <algorithm>

#include "base/hash.h"

namespace keelrow::hybrid {
namespace {

/// 0 to 1, the same for the same rule and id on every machine.
double Draw(const Rule& rule, const std::string& id) {
  const std::string digest = Sha256Bytes(rule.name + '\0' + id);
  uint32_t bits = 0;
  for (size_t i = 0; i < sizeof bits; ++i) {
    bits = bits << 8 | static_cast<unsigned char>(digest[i]);
  }
  return static_cast<double>(bits) / 4294967296.0;
}

bool IsAbout(const Rule& rule, const Subject& subject) {
  return FitsAny(rule.models, subject.model) && FitsAny(rule.tenants, subject.tenant) &&
         (rule.share >= 1 || Draw(rule, subject.id) < rule.share);
}

}  // namespace

bool FitsPattern(std::string_view pattern, std::string_view text) {
  size_t at = 0, star = std::string_view::npos, star_text = 0, i = 0;
  while (i < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      star_text = i;
    } else if (at < pattern.size() && pattern[at] == text[i]) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {  // the last star takes one more
      at = star + 1;
      i = ++star_text;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

bool FitsAny(const std::vector<std::string>& patterns, std::string_view text) {
  return std::ranges::any_of(patterns,
                             [&](const std::string& one) { return FitsPattern(one, text); });
}

bool Fits(const Rule& rule, const Subject& subject) {
  return rule.when == When::kAlways && IsAbout(rule, subject);
}

bool Fits(const Rule& rule, const Subject& subject, const PrivateAnswer& answer) {
  if (rule.when == When::kAlways) return false;
  if (rule.when == When::kNotLoaded && !answer.absent) return false;
  const bool saturated = answer.status == 503 && !answer.absent;
  if (rule.when == When::kSaturated && !saturated) return false;
  if (rule.when == When::kLongTail) {
    if (answer.status != 200 || answer.label.empty()) return false;
    const bool rare = std::ranges::find(rule.labels, answer.label) != rule.labels.end();
    const bool unsure = answer.confidence && *answer.confidence < rule.confidence_below;
    if (!rare && !unsure) return false;
  }
  return IsAbout(rule, subject);
}

bool MayGo(const std::vector<Residency>& residency, std::string_view tenant,
           std::string_view region) {
  for (const Residency& one : residency) {
    if (FitsAny(one.tenants, tenant)) return FitsAny(one.regions, region);
  }
  return true;
}

}  // namespace keelrow::hybrid
