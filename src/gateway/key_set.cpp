#include "gateway/key_set.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "base/json.h"

namespace keelrow::gateway {
namespace {

constexpr JsonLimits kJsonLimits{.depth_max = 8, .size_max = kJwksBytesMax, .unique_names = true};
constexpr size_t kKidBytesMax = 256;

std::string TextMember(const Json& jwk, const char* name) {
  const auto found = jwk.find(name);
  return found != jwk.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Absent, or text that says so.
bool Says(const Json& jwk, const char* name, std::string_view wanted) {
  return !jwk.contains(name) || TextMember(jwk, name) == wanted;
}

/// Absent, or a list with "verify".
bool IsForVerifying(const Json& jwk) {
  const auto found = jwk.find("key_ops");
  if (found == jwk.end()) return Says(jwk, "use", "sig");
  return found->is_array() && std::ranges::find(*found, Json("verify")) != found->end() &&
         Says(jwk, "use", "sig");
}

std::optional<Algorithm> AlgorithmOf(const Json& jwk) {
  const std::string type = TextMember(jwk, "kty");
  const std::string curve = TextMember(jwk, "crv");
  if (type == "RSA") return Algorithm::kRs256;
  if (type == "EC" && curve == "P-256") return Algorithm::kEs256;
  if (type == "OKP" && curve == "Ed25519") return Algorithm::kEdDsa;
  return std::nullopt;
}

Expected<std::string> Number(const Json& jwk, const char* name) {
  auto bytes = DecodeBase64(TextMember(jwk, name), Base64::kUrl);
  if (bytes && !bytes->empty()) return std::move(*bytes);
  return Error(Code::kBadValue, fmt::format("the key's `{}` is not a number in Base64url", name));
}

Expected<VerifyingKey> KeyOf(const Json& jwk, Algorithm algorithm) {
  if (jwk.contains("d")) return Error(Code::kBadValue, "it is a private key, known to all now");
  const bool rsa = algorithm == Algorithm::kRs256;
  const auto first = Number(jwk, rsa ? "n" : "x");
  if (!first) return first.error();
  if (algorithm == Algorithm::kEdDsa) return VerifyingKey::EdDsa(*first);
  const auto second = Number(jwk, rsa ? "e" : "y");
  if (!second) return second.error();
  return rsa ? VerifyingKey::Rs256(*first, *second) : VerifyingKey::Es256(*first, *second);
}

Error NotTaken(std::string_view name, std::string_view why) {
  return Error(Code::kBadValue, fmt::format("the keys of {} are not taken: {}", name, why));
}

}  // namespace

KeySet::KeySet(std::string kid, VerifyingKey key) {
  keys_.emplace(std::move(kid), std::move(key));
}

const VerifyingKey* KeySet::Find(const std::optional<std::string>& kid, Algorithm algorithm) const {
  if (kid) {
    const auto found = kid->empty() ? keys_.end() : keys_.find(*kid);
    return found != keys_.end() && found->second.algorithm() == algorithm ? &found->second
                                                                          : nullptr;
  }
  const VerifyingKey* only = nullptr;
  for (const auto& [name, key] : keys_) {
    if (key.algorithm() != algorithm) continue;
    if (only != nullptr) return nullptr;
    only = &key;
  }
  return only;
}

Expected<KeySet> ParseJwks(std::string_view text, std::string_view name) {
  const auto json = ParseJson(text, name, kJsonLimits);
  if (!json) return json.error();
  const auto list = json->is_object() ? json->find("keys") : json->end();
  if (!json->is_object() || list == json->end() || !list->is_array()) {
    return NotTaken(name, "it is no JSON Web Key Set");
  }
  if (list->size() > kJwksKeysMax) {
    return Error(Code::kLimit,
                 fmt::format("{} has {} keys; the limit is {}", name, list->size(), kJwksKeysMax));
  }
  KeySet set;
  for (const Json& jwk : *list) {
    if (!jwk.is_object()) return NotTaken(name, "one is no object");
    const auto algorithm = AlgorithmOf(jwk);
    if (!algorithm || !Says(jwk, "alg", NameOf(*algorithm)) || !IsForVerifying(jwk)) continue;
    auto key = KeyOf(jwk, *algorithm);
    if (!key) return NotTaken(name, key.error().message());
    std::string kid = TextMember(jwk, "kid");
    if (kid.size() > kKidBytesMax) return NotTaken(name, "a `kid` is longer than 256 bytes");
    if (!kid.empty() && set.keys_.contains(kid)) return NotTaken(name, "two have the same `kid`");
    set.keys_.emplace(std::move(kid), std::move(*key));
  }
  if (set.keys_.empty()) return NotTaken(name, "none is for RS256, ES256 or EdDSA");
  return set;
}

}  // namespace keelrow::gateway
