// A token that was not issued never verifies. One whose header and payload (a line each) are signed
// with our own secret verifies only for what the payload says. What is issued verifies as granted.
#include "gateway/token.h"

#include <algorithm>

#include "base/base64.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "require.h"

namespace keelrow::fuzz {
namespace {

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'700'000'000)};
const std::string kSecret = "0123456789abcdef0123456789abcdef";

const gateway::TokenAuthority& Authority() {
  static const gateway::TokenAuthority authority(kSecret, {.clock = [] { return kNow; }});
  return authority;
}

/// A seed holds this very token, so that the fuzzer's changes begin at one that verifies.
const std::string& IssuedToken() {
  static const std::string token =
      Authority().Issue({.subject = "ann", .scopes = {"predict", "admin"}, .id = "seed"});
  return token;
}

void CheckForged(std::string_view token) {
  const auto claims = Authority().Verify(token);
  if (token == IssuedToken()) return Require(claims.ok(), "an issued token verifies");
  Require(!claims.ok(), "a token that was not issued does not verify");
  Require(claims.error().code() == Code::kUnauthenticated, "every refusal is kUnauthenticated");
}

/// Whether a text of words, or a list of them, has that one.
bool Says(const Json& words, const std::string& word) {
  const Json list = words.is_string() ? Json(SplitText(words.get<std::string>(), ' ')) : words;
  return std::find(list.begin(), list.end(), Json(word)) != list.end();
}

void CheckSigned(std::string_view lines) {
  const std::string header = EncodeBase64(TakeUntil(lines, '\n'), Base64::kUrl);
  const std::string part = header + "." + EncodeBase64(lines, Base64::kUrl);
  const auto claims =
      Authority().Verify(part + "." + EncodeBase64(HmacSha256(kSecret, part), Base64::kUrl));
  if (!claims) return;
  const Json payload = Json::parse(lines);
  Require(payload.at("iss") == "keelrow", "it comes from this issuer");
  Require(payload.at("exp").get<double>() > 1.7e9 && claims->expires >= kNow, "it has not expired");
  Require(!claims->subject.empty() && payload.at("sub") == claims->subject, "it names its subject");
  for (const std::string& scope : claims->scopes) {
    Require(Says(payload.at(payload.contains("scope") ? "scope" : "scp"), scope),
            "it grants no scope it does not have");
  }
}

void CheckIssued(std::string_view lines) {
  const std::string subject(TakeUntil(lines, '\n'));
  std::vector<std::string> scopes;
  if (!lines.empty()) scopes = SplitText(lines, '\n');
  try {
    const auto claims =
        Authority().Verify(Authority().Issue({.subject = subject, .scopes = scopes}));
    Require(claims && claims->subject == subject, "an issued token names its subject");
    Require(claims->scopes == scopes, "an issued token has the scopes granted");
  } catch (const Error& error) {
    Require(error.code() == Code::kBadValue, "a bad grant is kBadValue");
  }
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = keelrow::fuzz::Text(data, size);
  keelrow::fuzz::CheckForged(text);
  keelrow::fuzz::CheckSigned(text);
  keelrow::fuzz::CheckIssued(text);
  return 0;
}
