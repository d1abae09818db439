#include "gateway/jwt.h"

#include <fmt/format.h>

#include "base/base64.h"

namespace keelrow::gateway {
namespace {

constexpr JsonLimits kJsonLimits{.depth_max = 8, .size_max = kTokenBytesMax, .unique_names = true};

Error Malformed() {
  return TokenRefused("is malformed");
}

Expected<Json> ParsePiece(std::string_view piece) {
  const auto text = DecodeBase64(piece, Base64::kUrl);
  if (!text) return Malformed();
  auto json = ParseJson(*text, "token", kJsonLimits);
  if (!json || !json->is_object()) return Malformed();
  return json;
}

std::optional<Error> ReadHeader(const Json& header, Jwt& jwt) {
  const auto algorithm = header.find("alg");
  if (algorithm == header.end() || !algorithm->is_string()) return Malformed();
  jwt.algorithm = algorithm->get<std::string>();
  if (const auto kid = header.find("kid"); kid != header.end()) {
    if (!kid->is_string()) return Malformed();
    jwt.kid = kid->get<std::string>();
  }
  if (header.contains("crit")) return TokenRefused("demands an extension that is not known here");
  return std::nullopt;
}

}  // namespace

Error TokenRefused(std::string_view why) {
  return Error(Code::kUnauthenticated, fmt::format("the token {}", why),
               {.hint = "`keelrow token` makes one"});
}

Expected<Jwt> ParseJwt(std::string_view token) {
  if (token.size() > kTokenBytesMax) return TokenRefused("is too long");
  const size_t first = token.find('.');
  const size_t last = token.rfind('.');
  if (first == std::string_view::npos || token.find('.', first + 1) != last) return Malformed();
  const auto header = ParsePiece(token.substr(0, first));
  if (!header) return header.error();
  Jwt jwt;
  if (auto fault = ReadHeader(*header, jwt)) return *fault;
  auto payload = ParsePiece(token.substr(first + 1, last - first - 1));
  if (!payload) return payload.error();
  auto signature = DecodeBase64(token.substr(last + 1), Base64::kUrl);
  if (!signature) return Malformed();
  jwt.payload = std::move(*payload);
  jwt.signed_part = token.substr(0, last);
  jwt.signature = std::move(*signature);
  return jwt;
}

std::string EncodeJwt(const Json& payload, const SigningKey& key, const std::string& kid) {
  Json header = {{"alg", NameOf(key.algorithm())}, {"typ", "JWT"}};
  if (!kid.empty()) header["kid"] = kid;
  const std::string signed_part =
      EncodeBase64(header.dump(), Base64::kUrl) + "." + EncodeBase64(payload.dump(), Base64::kUrl);
  std::string token = signed_part + "." + EncodeBase64(key.Sign(signed_part), Base64::kUrl);
  if (token.size() > kTokenBytesMax) {
    throw Error(Code::kBadValue,
                fmt::format("the token would have more than {} bytes", kTokenBytesMax));
  }
  return token;
}

}  // namespace keelrow::gateway
