#include "gateway/setup.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "config/described.h"
#include "gateway/tokens_for_test.h"

namespace keelrow::gateway {
namespace {

const std::string kShared = "a secret that two share, long enough";

project::AuthConfig Config(const std::string& yaml) {
  return config::Read<project::AuthConfig>(config::ParseYaml(yaml, "keelrow.yaml"));
}

class Setup : public testing::Test {
 protected:
  Setup() {
    WriteFileDurably(folder_.path() / "keys.json", JwksOf({KeyForTest(Algorithm::kEs256)}));
    WriteFileDurably(folder_.path() / "shared", kShared + "\n");
  }

  std::shared_ptr<const Authenticator> Made(const std::string& yaml) {
    return MakeAuthenticator(Config(yaml),
                             {.workspace = folder_.path() / "w", .project = folder_.path()});
  }
  std::optional<Code> CodeOf(const std::string& yaml) {
    try {
      Made(yaml);
    } catch (const Error& error) {
      return error.code();
    }
    return std::nullopt;
  }
  static bool Takes(const Authenticator& authenticator, const std::string& token) {
    return authenticator.Authenticate({{"Authorization", "Bearer " + token}}).ok();
  }
  static std::string TokenBy(const SigningKey& key, const Json& header) {
    return TokenOf(header, {{"iss", "idp"}, {"aud", "keelrow"}, {"sub", "a"}, {"exp", 4e9}}, key);
  }

  TemporaryFolder folder_;
};

TEST_F(Setup, EveryAlgorithmOfTheProjectFileIsOne) {
  for (const config::Choice& choice : project::TokenAlgorithmChoices()) {
    EXPECT_TRUE(FindAlgorithm(choice.name)) << choice.name;
  }
}

TEST_F(Setup, OurOwnTokensInEveryAlgorithm) {
  for (const config::Choice& choice : project::TokenAlgorithmChoices()) {
    const std::string yaml = "jwt: {algorithm: " + choice.name + "}";
    const auto authenticator = Made(yaml);
    const TokenAuthority own = OwnAuthority(Config(yaml), folder_.path() / "w");
    EXPECT_TRUE(Takes(*authenticator, own.Issue({.subject = "ann"}))) << choice.name;
    // Another algorithm's key lies in the same folder, and opens nothing.
    const std::string other = choice.name == "HS256" ? "ES256" : "HS256";
    const TokenAuthority foreign =
        OwnAuthority(Config("jwt: {algorithm: " + other + "}"), folder_.path() / "w");
    EXPECT_FALSE(Takes(*authenticator, foreign.Issue({.subject = "ann"}))) << choice.name;
  }
  for (const char* name : {"token_secret", "token_key_RS256.pem"}) {
    EXPECT_EQ(fs::status(folder_.path() / "w" / name).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
  }
}

TEST_F(Setup, IssuersByFileAndBySecret) {
  const SigningKey& key = KeyForTest(Algorithm::kEs256);
  const auto by_file = Made("issuers: [{issuer: idp, jwks: keys.json}]");
  EXPECT_TRUE(Takes(*by_file, TokenBy(key, {{"alg", "ES256"}, {"kid", Kid(key)}})));
  const auto by_secret = Made("issuers: [{issuer: idp, secret_file: shared}]");
  EXPECT_TRUE(Takes(*by_secret, TokenBy(SigningKey::Hs256(kShared), {{"alg", "HS256"}})));
  EXPECT_FALSE(Takes(*by_secret, TokenBy(SigningKey::Hs256(kShared + "\n"), {{"alg", "HS256"}})));
  const auto narrow = Made("issuers: [{issuer: idp, jwks: keys.json, algorithms: EdDSA}]");
  EXPECT_FALSE(Takes(*narrow, TokenBy(key, {{"alg", "ES256"}, {"kid", Kid(key)}})));
}

TEST_F(Setup, WhatCannotBeMeantIsRefused) {
  for (const char* yaml : {"issuers: [{issuer: idp}]",
                           "issuers: [{issuer: idp, jwks: keys.json, secret_file: shared}]",
                           "issuers: [{issuer: idp, jwks: keys.json, algorithms: [RS256, HS256]}]",
                           "issuers: [{issuer: idp, secret_file: shared, algorithms: RS256}]",
                           "issuers: [{issuer: idp, jwks: keys.json, algorithms: none}]",
                           "issuers: [{issuer: keelrow, jwks: keys.json}]",
                           "issuers: [{issuer: a, jwks: keys.json}, {issuer: a, jwks: keys.json}]",
                           "issuers: [{issuer: idp, jwks: keys.json, scopes: 'a b'}]",
                           "issuers: [{issuer: idp, jwks: 'http://10.0.0.1/keys'}]",
                           "issuers: [{issuer: idp, jwks: 'ftp://localhost/keys'}]", "skew: 11m"}) {
    EXPECT_EQ(CodeOf(yaml), Code::kBadValue) << yaml;
  }
  EXPECT_EQ(CodeOf("issuers: [{jwks: keys.json}]"), Code::kMissingKey);
  EXPECT_EQ(CodeOf("issuers: [{issuer: idp, jwks: none.json}]"), Code::kNotFound);
  EXPECT_EQ(CodeOf("issuers: [{issuer: idp, secret_file: none}]"), Code::kNotFound);
  WriteFileDurably(folder_.path() / "shared", "short");
  EXPECT_EQ(CodeOf("issuers: [{issuer: idp, secret_file: shared}]"), Code::kBadValue);
}

TEST_F(Setup, AnIssuerThatDoesNotAnswerIsNoReasonNotToStart) {
  EXPECT_EQ(CodeOf("issuers: [{issuer: idp, jwks: 'http://127.0.0.1:1/keys'}]"), std::nullopt);
}

}  // namespace
}  // namespace keelrow::gateway
