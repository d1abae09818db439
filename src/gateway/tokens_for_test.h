#pragma once

// For tests: keys of every algorithm, key sets of them, and tokens with any header.

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/base64.h"
#include "base/json.h"
#include "gateway/signature.h"

namespace keelrow::gateway {

/// A private key made once a run (one of RSA takes a while): the same for the same name.
inline const SigningKey& KeyForTest(Algorithm algorithm, const std::string& name = "a") {
  static std::map<std::pair<Algorithm, std::string>, SigningKey> keys;
  const auto place = std::pair(algorithm, name);
  const auto found = keys.find(place);
  if (found != keys.end()) return found->second;
  return keys
      .emplace(place, SigningKey::FromPem(SigningKey::GeneratePem(algorithm), algorithm, name))
      .first->second;
}

inline std::string Kid(const SigningKey& key) {
  return key.PublicJwk()["kid"];
}

inline std::string JwksOf(const std::vector<SigningKey>& keys) {
  Json list = Json::array();
  for (const SigningKey& key : keys) list.push_back(key.PublicJwk());
  return Json{{"keys", list}}.dump();
}

/// Header and payload as they are, and whatever signature the function gives.
inline std::string TokenOf(const Json& header, const std::string& payload,
                           const std::function<std::string(const std::string&)>& sign) {
  const std::string part =
      EncodeBase64(header.dump(), Base64::kUrl) + "." + EncodeBase64(payload, Base64::kUrl);
  return part + "." + EncodeBase64(sign(part), Base64::kUrl);
}

inline std::string TokenOf(const Json& header, const Json& payload, const SigningKey& key) {
  return TokenOf(header, payload.dump(), [&](const std::string& part) { return key.Sign(part); });
}

/// Looks again and again, for 10 s, until `holds`; whether it did.
inline bool Soon(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace keelrow::gateway
