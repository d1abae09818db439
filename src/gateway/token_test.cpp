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
  EXPECT_EQ(Refusal(none), "the token is not signed with HS256");
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
            "the token is not signed by its issuer");
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

TEST_F(Token, ATokenThatNamesAClaimTwiceIsRefused) {
  const std::string twice =
      R"({"iss":"keelrow","aud":"keelrow","sub":"ann","sub":"root","exp":4102444800})";
  EXPECT_EQ(Refusal(Signed(kHeader, twice)), "the token is malformed");
  EXPECT_EQ(Refusal(Signed(R"({"alg":"HS256","alg":"none"})", GoodPayload().dump())),
            "the token is malformed");
  EXPECT_EQ(Refusal(Signed(kHeader, R"({"iss":"keelrow","aud":"keelrow","sub":"a","exp":9e9,)"
                                    R"("x":[{"y":1,"y":2}]})")),
            "the token is malformed");
}

TEST_F(Token, KidIsANameAndNothingElse) {
  const std::string payload = GoodPayload().dump();
  for (const char* kid : {"", "x", "../../../../dev/null", "/dev/null", "http://evil.example/key",
                          "' OR '1'='1", "$(id)", "token_secret", "keelrow"}) {
    EXPECT_EQ(Refusal(Signed(Json{{"alg", "HS256"}, {"kid", kid}}.dump(), payload)),
              "the token is signed with a key that is not known here")
        << kid;
  }
  EXPECT_EQ(Refusal(Signed(R"({"alg":"HS256","kid":7})", payload)), "the token is malformed");
}

TEST_F(Token, KeysThatATokenBringsAreNotLookedAt) {
  // HS256 with a secret that the header itself carries (CVE-2018-0114 in its symmetric form), and
  // headers that say where to fetch a key.
  const std::string payload = GoodPayload().dump();
  const Json jwk = {{"kty", "oct"}, {"k", Piece(kForeign)}};
  for (const Json& header : {Json{{"alg", "HS256"}, {"jwk", jwk}},
                             Json{{"alg", "HS256"}, {"jku", "http://evil.example"}},
                             Json{{"alg", "HS256"}, {"x5u", "http://evil.example"}},
                             Json{{"alg", "HS256"}, {"x5c", {Piece(kForeign)}}}}) {
    EXPECT_EQ(Refusal(Signed(header.dump(), payload, kForeign)),
              "the token is not signed by its issuer");
    EXPECT_EQ(Refusal(Signed(header.dump(), payload)), "");
  }
}

TEST_F(Token, EachTokenHasAnIdOfItsOwn) {
  const auto id = [&](const Grant& grant) {
    return authority_.Verify(authority_.Issue(grant))->token_id;
  };
  EXPECT_EQ(id({.subject = "ann"}).size(), 24u);
  EXPECT_NE(id({.subject = "ann"}), id({.subject = "ann"}));
  EXPECT_EQ(id({.subject = "ann", .id = "given"}), "given");
}

TEST_F(Token, ScopesAreReadAsOthersWriteThem) {
  const auto scopes = [&](const char* name, Json value) {
    Json payload = GoodPayload();
    payload[name] = std::move(value);
    return authority_.Verify(Signed(kHeader, payload.dump()))->scopes;
  };
  using Scopes = std::vector<std::string>;
  EXPECT_EQ(scopes("scope", "predict  manage "), (Scopes{"predict", "manage"}));
  EXPECT_EQ(scopes("scope", {"predict", "manage"}), (Scopes{"predict", "manage"}));
  EXPECT_EQ(scopes("scp", {"predict"}), Scopes{"predict"});
  EXPECT_EQ(scopes("scope", {{"predict", true}}), Scopes{});
  EXPECT_EQ(scopes("scope", {1, nullptr, "a b", "predict"}), Scopes{"predict"});
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
  EXPECT_EQ(code([&] { authority_.Issue({.subject = std::string(9000, 'a')}); }), Code::kBadValue);
  EXPECT_EQ(code([&] { authority_.Issue({.subject = "a", .ttl = 24h * 366 * 300}); }),
            Code::kBadValue);
}

}  // namespace
}  // namespace keelrow::gateway
