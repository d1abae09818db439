#include "gateway/token.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/json.h"

namespace keelrow::gateway {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::system_clock::time_point;

const std::string kSecret = "0123456789abcdef0123456789abcdef";
const std::string kForeign = "another secret, just as long as it";
constexpr int64_t kNow = 1'700'000'000;

std::string Piece(const std::string& text) {
  return EncodeBase64(text, Base64::kUrl);
}

std::string Signed(const std::string& header, const std::string& payload,
                   const std::string& secret = kSecret) {
  const std::string part = Piece(header) + "." + Piece(payload);
  return part + "." + Piece(HmacSha256(secret, part));
}

const std::string kHeader = R"({"alg":"HS256","typ":"JWT"})";

Json GoodPayload() {
  return {{"iss", "keelrow"}, {"aud", "keelrow"}, {"sub", "ann"}, {"exp", kNow + 100}};
}

class Token : public testing::Test {
 protected:
  /// "" when accepted, else the message; the code is checked here.
  std::string Refusal(const std::string& token) {
    const auto claims = authority_.Verify(token);
    if (claims) return "";
    EXPECT_EQ(claims.error().code(), Code::kUnauthenticated);
    return claims.error().message();
  }
  std::string RefusalWith(const char* key, Json value) {
    Json payload = GoodPayload();
    payload[key] = std::move(value);
    return Refusal(Signed(kHeader, payload.dump()));
  }
  std::string RefusalWithout(const char* key) {
    Json payload = GoodPayload();
    payload.erase(key);
    return Refusal(Signed(kHeader, payload.dump()));
  }

  Time now_{std::chrono::seconds(kNow)};
  TokenAuthority authority_{kSecret, {.clock = [this] { return now_; }}};
};

TEST_F(Token, IssuedTokensHoldUntilTheyExpire) {
  const std::string token = authority_.Issue({.subject = "ann", .scopes = {"predict", "admin"}});
  const auto claims = authority_.Verify(token);
  ASSERT_TRUE(claims) << claims.error().what();
  EXPECT_EQ(claims->subject, "ann");
  EXPECT_EQ(claims->scopes, (std::vector<std::string>{"predict", "admin"}));
  EXPECT_EQ(claims->expires, now_ + 24h);
  now_ += 24h - 1s;
  EXPECT_EQ(Refusal(token), "");
  now_ += 1s;
  EXPECT_EQ(Refusal(token), "the token has expired");
}

TEST_F(Token, TheSignatureOfTheStandardsExampleHolds) {  // RFC 7515 appendix A.1
  const auto key = DecodeBase64(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
      Base64::kUrl);
  const std::string token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ."
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const TokenAuthority authority(
      *key, {.issuer = "joe", .clock = [] { return Time(std::chrono::seconds(1300819379)); }});
  const auto claims = authority.Verify(token);
  // Signature, end and issuer are right; that it lacks an audience is what is left to refuse.
  ASSERT_FALSE(claims);
  EXPECT_EQ(claims.error().message(), "the token is meant for somebody else");
}

TEST_F(Token, TheAlgorithmIsNotTheTokensToChoose) {
  const std::string payload = GoodPayload().dump();
  const std::string none = Piece(R"({"alg":"none","typ":"JWT"})") + "." + Piece(payload) + ".";
  EXPECT_EQ(Refusal(none), "the token is not signed by this server");
  for (const char* alg : {"none", "None", "NONE", "nOnE", "HS512", "RS256", "hs256", ""}) {
    const Json header = {{"alg", alg}};
    EXPECT_EQ(Refusal(Signed(header.dump(), payload)), "the token is not signed with HS256") << alg;
  }
  EXPECT_NE(Refusal(Signed("{}", payload)), "");
  EXPECT_NE(Refusal(Signed(R"({"alg":["HS256"]})", payload)), "");
  EXPECT_NE(Refusal(Signed(R"({"alg":"HS256","crit":["x"]})", payload)), "");
}

TEST_F(Token, ForeignAndChangedSignatures) {
  const std::string good = Signed(kHeader, GoodPayload().dump());
  EXPECT_EQ(Refusal(good), "");
  EXPECT_EQ(Refusal(Signed(kHeader, GoodPayload().dump(), kForeign)),
            "the token is not signed by this server");
  for (size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(Refusal(changed), "") << i;
    EXPECT_NE(Refusal(good.substr(0, i)), "") << i;
  }
  EXPECT_NE(Refusal(good + "A"), "");
  EXPECT_NE(Refusal(good + "=="), "");
  EXPECT_NE(Refusal(good + ".x"), "");
}

TEST_F(Token, ClaimsAreChecked) {
  EXPECT_EQ(RefusalWith("exp", kNow), "the token has expired");
  EXPECT_EQ(RefusalWithout("exp"), "the token has no end");
  for (const Json& bad : {Json("never"), Json(-1), Json(1e300), Json(true), Json(nullptr)}) {
    EXPECT_EQ(RefusalWith("exp", bad), "the token is malformed") << bad;
  }
  EXPECT_EQ(RefusalWith("nbf", kNow + 60), "");
  EXPECT_EQ(RefusalWith("nbf", kNow + 61), "the token is not valid yet");
  EXPECT_EQ(RefusalWith("iat", kNow + 61), "the token is not valid yet");
  EXPECT_EQ(RefusalWith("iss", "somebody"), "the token comes from another issuer");
  EXPECT_EQ(RefusalWithout("iss"), "the token comes from another issuer");
  EXPECT_EQ(RefusalWith("aud", "somebody"), "the token is meant for somebody else");
  EXPECT_EQ(RefusalWithout("aud"), "the token is meant for somebody else");
  EXPECT_EQ(RefusalWith("aud", {"x", "keelrow"}), "");
  EXPECT_EQ(RefusalWith("aud", {{"keelrow", 1}}), "the token is meant for somebody else");
  EXPECT_EQ(RefusalWithout("sub"), "the token names nobody");
  EXPECT_EQ(RefusalWith("sub", 5), "the token names nobody");
}

TEST_F(Token, HostileShapes) {
  for (const std::string& token :
       {std::string(), std::string("."), std::string(".."), std::string("..."), std::string("a.b"),
        std::string("a.b.c.d"), std::string(1 << 20, '.'), std::string(1 << 20, 'a'),
        std::string("\xff\xfe.\x80\x81.\x82"), std::string("a\0b.c.d", 7)}) {
    EXPECT_NE(Refusal(token), "");
  }
  const std::string deep = std::string(1500, '[') + std::string(1500, ']');
  EXPECT_EQ(Refusal(Signed(kHeader, deep)), "the token is malformed");
  EXPECT_EQ(Refusal(Signed(deep, "{}")), "the token is malformed");
  EXPECT_EQ(Refusal(Signed(kHeader, "[]")), "the token is malformed");
  EXPECT_EQ(Refusal(Signed(kHeader, "")), "the token is malformed");
}

TEST_F(Token, WeakSecretsAndEmptyGrantsAreRefused) {
  const auto code = [](auto call) {
    try {
      call();
    } catch (const Error& error) {
      return error.code();
    }
    return Code::kInternal;
  };
  EXPECT_EQ(code([] { TokenAuthority(std::string(31, 'x')); }), Code::kBadValue);
  EXPECT_EQ(code([&] { authority_.Issue({.subject = ""}); }), Code::kBadValue);
  EXPECT_EQ(code([&] { authority_.Issue({.subject = "a", .scopes = {"b c"}}); }), Code::kBadValue);
  EXPECT_EQ(code([&] { authority_.Issue({.subject = "a", .ttl = 0s}); }), Code::kBadValue);
  EXPECT_EQ(code([&] { authority_.Issue({.subject = "\xff"}); }), Code::kBadValue);
  EXPECT_EQ(code([&] { authority_.Issue({.subject = "a", .scopes = {"\xff"}}); }), Code::kBadValue);
  EXPECT_EQ(code([&] { authority_.Issue({.subject = std::string(5000, 'a')}); }), Code::kBadValue);
}

}  // namespace
}  // namespace keelrow::gateway
