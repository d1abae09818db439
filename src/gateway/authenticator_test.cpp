// What an Authenticator takes, and the forgeries that it does not, each by its name.
#include "gateway/authenticator.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/hash.h"
#include "gateway/api_key.h"
#include "gateway/tokens_for_test.h"

namespace keelrow::gateway {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kNow = 1'700'000'000;
const std::string kSecret = "0123456789abcdef0123456789abcdef";

/// Ourselves (HS256), an issuer `idp` with a key of each kind, and an issuer `other` with its own.
class Authentication : public testing::Test {
 protected:
  Authentication() {
    const std::vector<SigningKey> keys = {Rsa(), KeyForTest(Algorithm::kEs256),
                                          KeyForTest(Algorithm::kEdDsa)};
    authenticator_ = std::make_unique<Authenticator>(
        std::vector<Authenticator::Issuer>{
            {own_.issuer(), std::make_shared<const KeyRing>(own_.keys())},
            Trusted("idp", keys, {Algorithm::kRs256, Algorithm::kEs256, Algorithm::kEdDsa}),
            Trusted("rsa-only", keys, {Algorithm::kRs256}),
            Trusted("other", {Other()}, {Algorithm::kRs256})},
        nullptr, [this] { return now_; });
  }

  static const SigningKey& Rsa() { return KeyForTest(Algorithm::kRs256); }
  static const SigningKey& Other() { return KeyForTest(Algorithm::kRs256, "other"); }

  static Authenticator::Issuer Trusted(const std::string& name, const std::vector<SigningKey>& keys,
                                       std::vector<Algorithm> algorithms) {
    return {.trust = {.name = name, .audience = "keelrow", .algorithms = std::move(algorithms)},
            .keys = std::make_shared<const KeyRing>(ParseJwks(JwksOf(keys), name).Value())};
  }

  static Json Payload(const std::string& issuer = "idp") {
    return {{"iss", issuer},
            {"aud", "keelrow"},
            {"sub", "ann"},
            {"exp", kNow + 100},
            {"scope", "predict"}};
  }
  static std::string Signed(const SigningKey& key, const Json& payload) {
    return TokenOf({{"alg", NameOf(key.algorithm())}, {"kid", Kid(key)}}, payload, key);
  }

  /// "" when accepted, else the message.
  std::string Refusal(const std::string& token) {
    const auto identity = authenticator_->Authenticate({{"Authorization", "Bearer " + token}});
    if (identity) return "";
    EXPECT_EQ(identity.error().code(), Code::kUnauthenticated);
    return identity.error().message();
  }

  SystemTime now_{std::chrono::seconds(kNow)};
  TokenAuthority own_{kSecret, {.clock = [this] { return now_; }}};
  std::unique_ptr<Authenticator> authenticator_;
};

TEST_F(Authentication, TokensOfEveryIssuerAndAlgorithm) {
  for (const Algorithm algorithm : {Algorithm::kRs256, Algorithm::kEs256, Algorithm::kEdDsa}) {
    const std::string token = Signed(KeyForTest(algorithm), Payload());
    for (int i = 0; i < 2; ++i) {  // verified, then remembered
      const auto identity = authenticator_->Authenticate({{"Authorization", "bearer " + token}});
      ASSERT_TRUE(identity) << identity.error().what();
      EXPECT_EQ(identity->subject, "ann");
      EXPECT_EQ(identity->issuer, "idp");
      EXPECT_EQ(identity->scopes, std::vector<std::string>{"predict"});
    }
  }
  EXPECT_EQ(Refusal(own_.Issue({.subject = "ann"})), "");
}

TEST_F(Authentication, AlgNone) {
  const auto nothing = [](const std::string&) { return std::string(); };
  for (const char* alg : {"none", "None", "NONE", "nOnE", ""}) {
    const Json header = {{"alg", alg}, {"kid", Kid(Rsa())}};
    EXPECT_EQ(Refusal(TokenOf(header, Payload().dump(), nothing)),
              "the token is not signed with RS256 or ES256 or EdDSA");
    EXPECT_EQ(Refusal(TokenOf(header, Payload("keelrow").dump(), nothing)),
              "the token is not signed with HS256");
  }
  EXPECT_EQ(Refusal(TokenOf(Json{{"kid", "x"}}, Payload().dump(), nothing)),
            "the token is malformed");
}

TEST_F(Authentication, AlgConfusion) {  // CVE-2015-9235: the public key as an HMAC secret
  const Json jwk = Rsa().PublicJwk();
  for (const std::string& secret :
       {jwk.dump(), jwk["n"].get<std::string>(),
        DecodeBase64(jwk["n"].get<std::string>(), Base64::kUrl).value(), JwksOf({Rsa()})}) {
    const auto sign = [&](const std::string& part) { return HmacSha256(secret, part); };
    for (const std::string issuer : {"idp", "rsa-only"}) {
      const Json header = {{"alg", "HS256"}, {"kid", Kid(Rsa())}};
      EXPECT_NE(Refusal(TokenOf(header, Payload(issuer).dump(), sign)), "");
    }
    // Nor does the name of a public key make it ours.
    EXPECT_EQ(Refusal(TokenOf(Json{{"alg", "HS256"}, {"kid", Kid(Rsa())}},
                              Payload("keelrow").dump(), sign)),
              "the token is signed with a key that is not known here");
  }
}

TEST_F(Authentication, AnAlgorithmThatTheIssuerMayNotUse) {
  EXPECT_EQ(Refusal(Signed(Rsa(), Payload("rsa-only"))), "");
  for (const Algorithm algorithm : {Algorithm::kEs256, Algorithm::kEdDsa}) {
    EXPECT_EQ(Refusal(Signed(KeyForTest(algorithm), Payload("rsa-only"))),
              "the token is not signed with RS256");
  }
}

TEST_F(Authentication, AnAlgorithmOfAnotherKeyThanKidNames) {
  const SigningKey& ec = KeyForTest(Algorithm::kEs256);
  EXPECT_EQ(Refusal(TokenOf({{"alg", "ES256"}, {"kid", Kid(Rsa())}}, Payload(), ec)),
            "the token is signed with a key that is not known here");
  EXPECT_EQ(Refusal(TokenOf({{"alg", "RS256"}, {"kid", Kid(ec)}}, Payload(), Rsa())),
            "the token is signed with a key that is not known here");
}

TEST_F(Authentication, AKeyOfAnotherIssuer) {
  EXPECT_EQ(Refusal(Signed(Other(), Payload("other"))), "");
  EXPECT_EQ(Refusal(Signed(Other(), Payload("idp"))),
            "the token is signed with a key that is not known here");
  EXPECT_EQ(Refusal(TokenOf({{"alg", "RS256"}, {"kid", Kid(Rsa())}}, Payload("idp"), Other())),
            "the token is not signed by its issuer");
  EXPECT_EQ(Refusal(Signed(Other(), Payload("keelrow"))), "the token is not signed with HS256");
  for (const char* issuer : {"nobody", "", "IDP", "idp ", "idp/"}) {
    EXPECT_EQ(Refusal(Signed(Rsa(), Payload(issuer))),
              "the token comes from an issuer that is not known here");
  }
}

TEST_F(Authentication, KidInjection) {
  for (const char* kid : {"../../../../../dev/null", "/proc/self/environ", "http://evil.example/k",
                          "file:///etc/passwd", "x' UNION SELECT 'secret", "| id", "*", ""}) {
    EXPECT_EQ(Refusal(TokenOf({{"alg", "RS256"}, {"kid", kid}}, Payload(), Rsa())),
              "the token is signed with a key that is not known here")
        << kid;
  }
  EXPECT_EQ(Refusal(TokenOf({{"alg", "RS256"}, {"kid", std::string(5000, 'k')}}, Payload(), Rsa())),
            "the token is signed with a key that is not known here");
}

TEST_F(Authentication, KeysThatTheTokenBrings) {  // CVE-2018-0114
  const SigningKey& evil = KeyForTest(Algorithm::kRs256, "evil");
  for (Json header : {Json{{"jwk", evil.PublicJwk()}}, Json{{"jku", "http://127.0.0.1:1/jwks"}},
                      Json{{"x5u", "http://127.0.0.1:1/x"}}, Json{{"x5c", {"MIIB"}}}}) {
    header["alg"] = "RS256";
    header["kid"] = Kid(evil);
    EXPECT_EQ(Refusal(TokenOf(header, Payload(), evil)),
              "the token is signed with a key that is not known here");
    header["kid"] = Kid(Rsa());
    EXPECT_EQ(Refusal(TokenOf(header, Payload(), evil)), "the token is not signed by its issuer");
  }
}

TEST_F(Authentication, ExpiredByOneSecondAlsoWhenItWasRemembered) {
  const std::string token = Signed(Rsa(), Payload());
  now_ += 99s;
  EXPECT_EQ(Refusal(token), "");
  now_ += 1s;
  EXPECT_EQ(Refusal(token), "the token has expired");
  EXPECT_EQ(Refusal(Signed(Other(), Payload("other"))), "the token has expired");
}

TEST_F(Authentication, NotBeforeItsTime) {
  Json payload = Payload();
  payload["nbf"] = kNow + 61;
  const std::string token = Signed(Rsa(), payload);
  EXPECT_EQ(Refusal(token), "the token is not valid yet");
  now_ += 1s;
  EXPECT_EQ(Refusal(token), "");
}

TEST_F(Authentication, DuplicateClaims) {
  const std::string twice = R"({"iss":"idp","aud":"keelrow","sub":"ann","exp":1700000100,)"
                            R"("scope":"predict","scope":"manage"})";
  const auto sign = [](const std::string& part) { return Rsa().Sign(part); };
  EXPECT_EQ(Refusal(TokenOf(Json{{"alg", "RS256"}, {"kid", Kid(Rsa())}}, twice, sign)),
            "the token is malformed");
}

TEST_F(Authentication, HugeTokens) {
  Json payload = Payload();
  payload["x"] = std::string(8000, 'x');
  EXPECT_EQ(Refusal(Signed(Rsa(), payload)), "the token is too long");
  EXPECT_EQ(Refusal(std::string(8 << 20, 'a')), "the token is too long");
  EXPECT_EQ(Refusal(std::string(8000, '.')), "the token is malformed");
}

TEST_F(Authentication, NonCanonicalBase64) {
  const std::string token = Signed(KeyForTest(Algorithm::kEdDsa), Payload());
  ASSERT_EQ(Refusal(token), "");
  // 64 bytes end in a letter with 4 bits to spare: other letters mean the same bytes, loosely read.
  const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const size_t last = letters.find(token.back());
  for (size_t spare = 1; spare < 16; ++spare) {
    EXPECT_EQ(Refusal(token.substr(0, token.size() - 1) + letters[(last & ~15u) + spare]),
              "the token is malformed");
  }
  for (const char* tail : {"=", "==", "\n", " ", "\t", "%3D"}) EXPECT_NE(Refusal(token + tail), "");
  std::string standard = token;
  for (char& c : standard) c = c == '-' ? '+' : c == '_' ? '/' : c;
  EXPECT_EQ(Refusal(standard) == "", standard == token);
}

TEST_F(Authentication, ATokenWithoutKidFindsTheOnlyKeyOfItsAlgorithmAndNeverGuesses) {
  EXPECT_EQ(Refusal(TokenOf({{"alg", "RS256"}}, Payload(), Rsa())), "");
  const SigningKey& second = KeyForTest(Algorithm::kRs256, "second");
  const Authenticator two({Trusted("idp", {Rsa(), second}, {Algorithm::kRs256})}, nullptr,
                          [this] { return now_; });
  const auto ask = [&](const std::string& token) {
    return two.Authenticate({{"Authorization", "Bearer " + token}}).ok();
  };
  EXPECT_TRUE(ask(Signed(second, Payload())));
  EXPECT_FALSE(ask(TokenOf({{"alg", "RS256"}}, Payload(), Rsa())));
}

TEST_F(Authentication, AnIssuersScopesAreBounded) {
  Authenticator::Issuer bounded = Trusted("idp", {Rsa()}, {Algorithm::kRs256});
  bounded.trust.scopes = {"predict:digits", "metrics"};
  const Authenticator authenticator({bounded}, nullptr, [this] { return now_; });
  Json payload = Payload();
  payload["scope"] = "predict manage metrics:digits";
  const auto identity =
      authenticator.Authenticate({{"Authorization", "Bearer " + Signed(Rsa(), payload)}});
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->scopes, (std::vector<std::string>{"metrics:digits", "predict:digits"}));
}

TEST_F(Authentication, OneCredentialAndNoMore) {
  const std::string bearer = "Bearer " + own_.Issue({.subject = "ann"});
  const std::string key = ApiKey::New().Text();
  for (const http::Headers& headers : {http::Headers{},
                                       {{"Authorization", ""}},
                                       {{"Authorization", "Bearer"}},
                                       {{"Authorization", "Bearer "}},
                                       {{"Authorization", "Basic YTpi"}},
                                       {{"Authorization", bearer}, {"Authorization", bearer}},
                                       {{"Authorization", bearer}, {"X-API-Key", key}},
                                       {{"X-API-Key", bearer}},
                                       {{"X-API-Key", key}, {"x-api-key", key}}}) {
    const auto identity = authenticator_->Authenticate(headers);
    ASSERT_FALSE(identity);
    EXPECT_EQ(identity.error().code(), Code::kUnauthenticated);
  }
}

/// With a workspace, in which keys are made and taken back while the Authenticator runs.
class Revocation : public testing::Test {
 protected:
  bool Takes(const std::string& credential) const {
    const auto identity = authenticator_.Authenticate({{"Authorization", "Bearer " + credential}});
    return identity.ok();
  }
  std::string AddKey(int64_t expires = 0) {
    const ApiKey key = ApiKey::New();
    file_.Add({.kind = Credential::Kind::kApiKey,
               .id = key.id,
               .subject = "robot",
               .scopes = {"predict:digits"},
               .digest = key.Digest(),
               .created = kNow,
               .expires = expires});
    return key.Text();
  }

  TemporaryFolder folder_;
  CredentialFile file_{folder_.path()};
  TokenAuthority own_{kSecret};
  Authenticator authenticator_{own_, std::make_shared<const LiveCredentials>(folder_.path(), 1ms)};
};

TEST_F(Revocation, AnApiKeyLetsInFromWhenItIsMadeUntilItIsRevoked) {
  const std::string text = AddKey();
  ASSERT_TRUE(Soon([&] { return Takes(text); }));
  for (const http::Headers& headers :
       {http::Headers{{"Authorization", "Bearer " + text}}, {{"X-API-Key", text}}}) {
    const auto identity = authenticator_.Authenticate(headers);
    ASSERT_TRUE(identity);
    EXPECT_EQ(identity->subject, "robot");
    EXPECT_EQ(identity->scopes, std::vector<std::string>{"predict:digits"});
    EXPECT_EQ(identity->token_id, ParseApiKey(text)->id);
  }
  file_.Revoke(ParseApiKey(text)->id);
  EXPECT_TRUE(Soon([&] { return !Takes(text); }));
}

TEST_F(Revocation, ATokenIsRevokedAlthoughItWasRemembered) {
  const std::string token = own_.Issue({.subject = "ann", .id = "t1"});
  const std::string same_id_elsewhere = own_.Issue({.subject = "bob", .id = "t2"});
  file_.Add({.id = "t1", .subject = "ann", .created = kNow});
  EXPECT_TRUE(Takes(token));
  EXPECT_TRUE(Takes(token));
  file_.Revoke("t1");
  EXPECT_TRUE(Soon([&] { return !Takes(token); }));
  file_.Revoke("t2", "another issuer");
  EXPECT_TRUE(Takes(same_id_elsewhere));
  file_.Revoke("t2", "keelrow");  // known to nobody but its bearer
  EXPECT_TRUE(Soon([&] { return !Takes(same_id_elsewhere); }));
}

TEST_F(Revocation, WhatIsNotQuiteTheKeyIsRefusedAndNothingTellsWhy) {
  const std::string text = AddKey();
  ASSERT_TRUE(Soon([&] { return Takes(text); }));
  const ApiKey known = *ParseApiKey(text);
  const ApiKey other = ApiKey::New();
  const std::string expired = AddKey(kNow);
  std::vector<std::string> wrong = {ApiKey{known.id, other.secret}.Text(),
                                    ApiKey{other.id, known.secret}.Text(),
                                    other.Text(),
                                    expired,
                                    "krl_",
                                    "krl_" + known.id,
                                    text + "A",
                                    text.substr(1),
                                    "KRL_" + text.substr(4)};
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    wrong.push_back(changed);
  }
  for (const std::string& credential : wrong) {
    const auto identity = authenticator_.Authenticate({{"Authorization", "Bearer " + credential}});
    ASSERT_FALSE(identity) << credential;
    if (!LooksLikeApiKey(credential)) continue;
    EXPECT_EQ(identity.error().message(), "the API key is not known, has expired or was revoked");
  }
}

TEST_F(Revocation, ManyThreadsSeeARevocationAndNothingElse) {
  const std::string token = own_.Issue({.subject = "ann", .id = "t1"});
  const std::string key = AddKey();
  ASSERT_TRUE(Soon([&] { return Takes(key); }));
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        bool refused = false;
        while (!stop) {
          const bool taken = Takes(token);
          if (taken && refused) ++wrong;  // once refused it stays so
          refused = refused || !taken;
          if (!Takes(key)) ++wrong;
        }
      });
    }
    for (int i = 0; i < 20; ++i) AddKey();
    file_.Revoke("t1", "keelrow");
    EXPECT_TRUE(Soon([&] { return !Takes(token); }));
    stop = true;
  }
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace keelrow::gateway
