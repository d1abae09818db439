#include "gateway/credentials.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "gateway/tokens_for_test.h"

namespace keelrow::gateway {
namespace {

using namespace std::chrono_literals;

template <class F>
std::optional<Code> CodeOf(F call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return std::nullopt;
}

class Credentials : public testing::Test {
 protected:
  TemporaryFolder folder_;
  CredentialFile file_{folder_.path()};
};

TEST_F(Credentials, WhatIsWrittenIsReadAgain) {
  EXPECT_TRUE(file_.Read().all().empty());
  file_.Add({.id = "t1",
             .subject = "ann",
             .scopes = {"predict"},
             .created = 5,
             .expires = 4'000'000'000});
  file_.Add({.kind = Credential::Kind::kApiKey,
             .id = "k1",
             .subject = "robot \"ü\"",
             .scopes = {"predict:a", "metrics"},
             .digest = "abc",
             .created = 6});
  const CredentialBook book = CredentialFile(folder_.path()).Read();
  ASSERT_EQ(book.all().size(), 2u);
  EXPECT_EQ(book.all()[0].subject, "ann");
  EXPECT_EQ(book.all()[0].expires, 4'000'000'000);
  const Credential* key = book.FindApiKey("k1");
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(key->subject, "robot \"ü\"");
  EXPECT_EQ(key->scopes, (std::vector<std::string>{"predict:a", "metrics"}));
  EXPECT_EQ(key->digest, "abc");
  EXPECT_EQ(book.FindApiKey("t1"), nullptr);  // a token is no key
  EXPECT_EQ(book.FindApiKey(""), nullptr);
}

TEST_F(Credentials, RevocationIsOfOneIdOfOneIssuer) {
  file_.Add({.id = "t1", .subject = "ann", .expires = 4'000'000'000});
  EXPECT_FALSE(file_.Read().IsRevoked("keelrow", "t1"));
  EXPECT_TRUE(file_.Revoke("t1").second);
  EXPECT_FALSE(file_.Revoke("t1").second);
  const CredentialBook book = file_.Read();
  EXPECT_TRUE(book.IsRevoked("keelrow", "t1"));
  EXPECT_FALSE(book.IsRevoked("idp", "t1"));
  EXPECT_FALSE(book.IsRevoked("keelrow", ""));
  file_.Revoke("t9", "idp");
  EXPECT_TRUE(file_.Read().IsRevoked("idp", "t9"));
  // The border between issuer and id is part of the name.
  file_.Revoke("b c", "a");
  EXPECT_FALSE(file_.Read().IsRevoked("a b", "c"));
  EXPECT_EQ(CodeOf([&] { file_.Revoke("nothing"); }), Code::kNotFound);
  EXPECT_EQ(CodeOf([&] { file_.Revoke("", "idp"); }), Code::kNotFound);
}

TEST_F(Credentials, WhatEndedLongAgoIsForgotten) {
  file_.Add({.id = "old", .subject = "ann", .expires = 1000});
  file_.Add({.id = "new", .subject = "ann", .expires = 4'000'000'000});
  file_.Add({.kind = Credential::Kind::kApiKey, .id = "k", .subject = "ann", .digest = "x"});
  const CredentialBook book = file_.Read();
  ASSERT_EQ(book.all().size(), 2u);
  EXPECT_EQ(book.all()[0].id, "new");
}

TEST_F(Credentials, DamageIsSaid) {
  for (const char* bad :
       {"", "{", "[]", "{}", R"({"format": 1})", R"({"format": 1, "credentials": [{}]})",
        R"({"format": 1, "credentials": [5]})", R"({"format": 1, "credentials": 5})",
        R"({"format": 1, "credentials": [{"kind": "api_key", "id": 5}]})",
        R"({"format": 1, "credentials": [{"kind": "token", "id": "t", "issuer": "i",
            "subject": "s", "scopes": [], "created": 1e300, "expires": 0, "revoked": 0}]})"}) {
    WriteFileDurably(file_.path(), bad);
    EXPECT_EQ(CodeOf([&] { file_.Read(); }), Code::kCorrupt) << bad;
  }
  WriteFileDurably(file_.path(), R"({"format": 2, "credentials": []})");
  EXPECT_EQ(CodeOf([&] { file_.Read(); }), Code::kUnsupported);
  EXPECT_EQ(CodeOf([&] { file_.Add({.id = "t"}); }), Code::kUnsupported);
}

TEST_F(Credentials, AFileThatOthersMayWriteIsNotBelieved) {
  file_.Add({.id = "t1", .subject = "ann", .expires = 4'000'000'000});
  for (const fs::perms extra : {fs::perms::group_write, fs::perms::others_write}) {
    fs::permissions(file_.path(), fs::perms::owner_read | fs::perms::owner_write | extra);
    EXPECT_EQ(CodeOf([&] { file_.Read(); }), Code::kPermission);
    EXPECT_EQ(CodeOf([&] { LiveCredentials(folder_.path(), 1ms); }), Code::kPermission);
  }
}

TEST_F(Credentials, WritersAtOnceLoseNothing) {
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < 4; ++w) {
      writers.emplace_back([&, w] {
        CredentialFile mine(folder_.path());
        for (int i = 0; i < 10; ++i) {
          mine.Add({.id = std::to_string(w * 10 + i), .subject = "a", .expires = 4'000'000'000});
        }
      });
    }
  }
  EXPECT_EQ(file_.Read().all().size(), 40u);
}

TEST_F(Credentials, ARunningServiceKeepsTheLastGoodBook) {
  file_.Add({.id = "t1", .subject = "ann", .expires = 4'000'000'000});
  LiveCredentials live(folder_.path(), 1h);
  const auto revoked = [&] {
    live.Look();
    return live.Get()->IsRevoked("keelrow", "t1");
  };
  EXPECT_FALSE(revoked());
  file_.Revoke("t1");
  EXPECT_TRUE(revoked());
  const std::string good = ReadFile(file_.path());
  for (const char* bad : {"", "{", R"({"format": 7})"}) {
    WriteFileDurably(file_.path(), bad);
    EXPECT_TRUE(revoked()) << bad;
  }
  fs::remove(file_.path());
  EXPECT_TRUE(revoked());
  WriteFileDurably(file_.path(), R"({"format": 1, "credentials": []})");
  EXPECT_FALSE(revoked());  // well-formed and empty: that is meant
  WriteFileDurably(file_.path(), good);
  fs::permissions(file_.path(), fs::perms::all);
  EXPECT_FALSE(revoked());
  fs::permissions(file_.path(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_TRUE(revoked());
}

}  // namespace
}  // namespace keelrow::gateway
