#include "gateway/key_set.h"

#include <gtest/gtest.h>

#include "gateway/tokens_for_test.h"

namespace keelrow::gateway {
namespace {

Json Jwk(Algorithm algorithm = Algorithm::kEs256) {
  return KeyForTest(algorithm).PublicJwk();
}

Expected<KeySet> Parse(const Json& keys) {
  return ParseJwks(Json{{"keys", keys}}.dump(), "test");
}

/// The key set of one good key and this one, which must be passed over or refused.
Expected<KeySet> Beside(const Json& jwk) {
  return Parse({Jwk(Algorithm::kEdDsa), jwk});
}

Json With(Json jwk, const char* name, Json value) {
  jwk[name] = std::move(value);
  return jwk;
}

Code CodeOf(const Expected<KeySet>& set) {
  return set ? Code::kInternal : set.error().code();
}

TEST(KeySet, KeysAreFoundByNameAndAlgorithm) {
  const auto set = Parse({Jwk(Algorithm::kRs256), Jwk(Algorithm::kEs256), Jwk(Algorithm::kEdDsa)});
  ASSERT_TRUE(set) << set.error().what();
  EXPECT_EQ(set->size(), 3u);
  for (const Algorithm named : {Algorithm::kRs256, Algorithm::kEs256, Algorithm::kEdDsa}) {
    const std::string kid = Jwk(named)["kid"];
    for (const Algorithm asked :
         {Algorithm::kHs256, Algorithm::kRs256, Algorithm::kEs256, Algorithm::kEdDsa}) {
      EXPECT_EQ(set->Find(kid, asked) != nullptr, named == asked);
    }
    EXPECT_NE(set->Find(std::nullopt, named), nullptr);
    EXPECT_EQ(set->Find("", named), nullptr);
  }
  EXPECT_EQ(set->Find(std::nullopt, Algorithm::kHs256), nullptr);
}

TEST(KeySet, OtherKeysArePassedOver) {
  Json other_use = Jwk();
  other_use["use"] = "enc";
  for (const Json& jwk :
       {Json{{"kty", "oct"}, {"kid", "s"}, {"alg", "HS256"}, {"k", std::string(43, 'A')}},
        Json{{"kty", "EC"}, {"crv", "P-384"}, {"kid", "p"}},
        Json{{"kty", "OKP"}, {"crv", "X25519"}}, Json{{"kty", "future"}}, Json::object(), other_use,
        With(Jwk(), "alg", "RS256"), With(Jwk(Algorithm::kRs256), "alg", "RS512"),
        With(Jwk(), "key_ops", {"encrypt"}), With(Jwk(), "use", 5)}) {
    const auto set = Beside(jwk);
    ASSERT_TRUE(set) << jwk << set.error().what();
    EXPECT_EQ(set->size(), 1u) << jwk;
  }
  Json bare = With(Jwk(), "key_ops", {"verify"});
  bare.erase("alg");
  bare.erase("use");
  EXPECT_EQ(Beside(bare)->size(), 2u);
}

TEST(KeySet, WhatIsWrongWithOneKeyRefusesTheSet) {
  const Json rsa = Jwk(Algorithm::kRs256);
  for (const Json& jwk :
       {Jwk(Algorithm::kEdDsa), With(Jwk(), "d", "AAAA"), With(Jwk(), "x", Jwk()["y"]),
        With(Jwk(), "x", "AA"), With(Jwk(), "x", "*"), With(Jwk(), "x", 5), With(Jwk(), "x", ""),
        With(Jwk(Algorithm::kEdDsa), "x", "AAAA"), With(rsa, "n", "AQAB"), With(rsa, "e", "AQ"),
        With(rsa, "e", "AA"), With(rsa, "n", rsa["n"].get<std::string>() + "="),
        With(Jwk(), "kid", std::string(257, 'k')), Json(5), Json("x")}) {
    EXPECT_EQ(CodeOf(Beside(jwk)), Code::kBadValue) << jwk;
  }
}

TEST(KeySet, HostileDocuments) {
  for (const char* text : {"", "{", "nul", "\xff", R"({"keys": [], "keys": []})",
                           R"({"keys": [{"kty": "RSA", "kty": "EC"}]})"}) {
    EXPECT_EQ(CodeOf(ParseJwks(text, "test")), Code::kSyntax) << text;
  }
  for (const char* text :
       {"[]", "{}", "5", R"({"keys": {}})", R"({"keys": null})", R"({"keys": []})"}) {
    EXPECT_EQ(CodeOf(ParseJwks(text, "test")), Code::kBadValue) << text;
  }
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_EQ(CodeOf(ParseJwks(deep, "test")), Code::kLimit);
  EXPECT_EQ(CodeOf(ParseJwks(std::string(kJwksBytesMax + 1, ' '), "test")), Code::kLimit);
  Json many = Json::array();
  for (size_t i = 0; i <= kJwksKeysMax; ++i) many.push_back(With(Jwk(), "kid", std::to_string(i)));
  EXPECT_EQ(CodeOf(Parse(many)), Code::kLimit);
  many.erase(0);
  EXPECT_EQ(Parse(many)->size(), kJwksKeysMax);
}

}  // namespace
}  // namespace keelrow::gateway
