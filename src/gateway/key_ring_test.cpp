// Keys that change while we run: by file, by URL, and when their source fails.
#include "gateway/key_ring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "base/files.h"
#include "gateway/authenticator.h"
#include "gateway/tokens_for_test.h"
#include "http/server.h"

namespace keelrow::gateway {
namespace {

using namespace std::chrono_literals;

const SigningKey& First() {
  return KeyForTest(Algorithm::kEs256, "first");
}
const SigningKey& Second() {
  return KeyForTest(Algorithm::kEs256, "second");
}

bool Has(const KeyRing& ring, const SigningKey& key) {
  const auto keys = ring.Get();
  return keys != nullptr && keys->Find(Kid(key), key.algorithm()) != nullptr;
}

Authenticator AuthenticatorWith(std::shared_ptr<const KeyRing> ring) {
  return Authenticator(
      {{.trust = {.name = "idp", .audience = "keelrow", .algorithms = {Algorithm::kEs256}},
        .keys = std::move(ring)}},
      nullptr);
}

http::Headers TokenBy(const SigningKey& key) {
  return {
      {"Authorization",
       "Bearer " + TokenOf({{"alg", "ES256"}, {"kid", Kid(key)}},
                           {{"iss", "idp"}, {"aud", "keelrow"}, {"sub", "a"}, {"exp", 4e9}}, key)}};
}

/// Whether it holds for as long as a ring takes to look twenty times.
bool Stays(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + 20ms;
  while (std::chrono::steady_clock::now() < end) {
    if (!holds()) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(KeyRing, AFileIsReadAgainWhenItChanges) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "keys.json";
  WriteFileDurably(file, JwksOf({First()}));
  const KeyRing ring({.location = file, .poll = 1ms});
  EXPECT_TRUE(Has(ring, First()));
  WriteFileDurably(file, JwksOf({First(), Second()}));
  EXPECT_TRUE(Soon([&] { return Has(ring, Second()); }));
  WriteFileDurably(file, JwksOf({Second()}));
  EXPECT_TRUE(Soon([&] { return !Has(ring, First()); }));
}

TEST(KeyRing, TheLastGoodKeysStayWhileTheFileIsBad) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "keys.json";
  WriteFileDurably(file, JwksOf({First()}));
  const KeyRing ring({.location = file, .poll = 1ms});
  for (const std::string& bad : {std::string("{"), std::string(R"({"keys": []})"), std::string()}) {
    WriteFileDurably(file, bad);
    EXPECT_TRUE(Stays([&] { return Has(ring, First()); })) << bad;
  }
  fs::remove(file);
  EXPECT_TRUE(Stays([&] { return Has(ring, First()); }));
  WriteFileDurably(file, JwksOf({Second()}));
  EXPECT_TRUE(Soon([&] { return Has(ring, Second()); }));
}

TEST(KeyRing, AFileThatCannotBeUsedIsSaidAtTheStart) {
  const TemporaryFolder folder;
  EXPECT_THROW(KeyRing({.location = folder.path() / "none.json"}), Error);
  WriteFileDurably(folder.path() / "bad.json", "[]");
  EXPECT_THROW(KeyRing({.location = folder.path() / "bad.json"}), Error);
  EXPECT_THROW(KeyRing({.location = "gopher://x/"}), Error);
}

TEST(KeyRing, ATokenWithANewKeyMakesTheFileReadAtOnce) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "keys.json";
  WriteFileDurably(file, JwksOf({First()}));
  const Authenticator authenticator =
      AuthenticatorWith(std::make_shared<const KeyRing>(KeySource{.location = file, .poll = 1h}));
  WriteFileDurably(file, JwksOf({First(), Second()}));
  const http::Headers token = TokenBy(Second());
  EXPECT_TRUE(Soon([&] {
    const auto identity = authenticator.Authenticate(token);
    EXPECT_TRUE(identity.ok() || identity.error().code() == Code::kOverloaded);
    return identity.ok();
  }));
}

TEST(KeyRing, ARevokedKeyEndsTokensThatWereRemembered) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "keys.json";
  WriteFileDurably(file, JwksOf({First(), Second()}));
  const auto ring = std::make_shared<const KeyRing>(KeySource{.location = file, .poll = 1ms});
  const Authenticator authenticator = AuthenticatorWith(ring);
  const http::Headers token = TokenBy(First());
  EXPECT_TRUE(authenticator.Authenticate(token));
  EXPECT_TRUE(authenticator.Authenticate(token));
  WriteFileDurably(file, JwksOf({Second()}));
  EXPECT_TRUE(Soon([&] { return !authenticator.Authenticate(token); }));
}

/// An issuer's server whose answer a test changes.
class Remote : public testing::Test {
 protected:
  Remote()
      : server_({}, http::Router(
                        {{.method = "GET",
                          .pattern = "/keys",
                          .handler = http::Sync([this](const http::Request&) { return Answer(); }),
                          .access = http::Access::kOpen}})) {
    server_.Start();
  }

  http::Response Answer() {
    ++fetches_;
    const std::lock_guard lock(mutex_);
    return answer_;
  }
  void Publish(std::string text, int status = 200) {
    const std::lock_guard lock(mutex_);
    answer_ = http::Response::Text(std::move(text), status);
  }
  KeySource Source(std::chrono::milliseconds refresh, std::chrono::milliseconds retry) {
    return {.location = "http://127.0.0.1:" + std::to_string(server_.Port()) + "/keys",
            .refresh = refresh,
            .retry = retry,
            .limits = {.timeout = 2s}};
  }

  std::mutex mutex_;
  http::Response answer_;
  std::atomic<int> fetches_{0};
  http::Server server_;
};

TEST_F(Remote, IsFetchedAgainPeriodically) {
  Publish(JwksOf({First()}));
  const KeyRing ring(Source(1ms, 1ms));
  EXPECT_TRUE(Soon([&] { return Has(ring, First()); }));
  Publish(JwksOf({Second()}));
  EXPECT_TRUE(Soon([&] { return Has(ring, Second()) && !Has(ring, First()); }));
}

TEST_F(Remote, ATokenWithANewKeyMakesItFetchAndThenPasses) {
  Publish(JwksOf({First()}));
  const auto ring = std::make_shared<const KeyRing>(Source(1h, 0ms));
  const Authenticator authenticator = AuthenticatorWith(ring);
  // Until the first keys are there, nothing is known about any token.
  const auto early = authenticator.Authenticate(TokenBy(First()));
  EXPECT_TRUE(early.ok() || early.error().code() == Code::kOverloaded);
  ASSERT_TRUE(Soon([&] { return authenticator.Authenticate(TokenBy(First())).ok(); }));
  Publish(JwksOf({First(), Second()}));
  EXPECT_TRUE(Soon([&] {
    const auto identity = authenticator.Authenticate(TokenBy(Second()));
    // "Ask again in a second", never a refusal that a client would take as final.
    EXPECT_TRUE(identity.ok() || identity.error().code() == Code::kOverloaded);
    return identity.ok();
  }));
}

TEST_F(Remote, StrangersWithInventedKeysCauseOneFetchAndNoMore) {
  Publish(JwksOf({First()}));
  const auto ring = std::make_shared<const KeyRing>(Source(1h, 1h));
  ASSERT_TRUE(Soon([&] { return Has(*ring, First()); }));
  const Authenticator authenticator = AuthenticatorWith(ring);
  ASSERT_TRUE(Soon([&] { return !ring->Missed(); }));  // the first fetch has ended
  for (int i = 0; i < 100; ++i) {
    const auto identity = authenticator.Authenticate(TokenBy(Second()));
    ASSERT_FALSE(identity);
    EXPECT_EQ(identity.error().code(), Code::kUnauthenticated);
  }
  EXPECT_EQ(fetches_, 1);
}

TEST_F(Remote, TheLastGoodKeysStayWhateverItAnswers) {
  Publish(JwksOf({First()}));
  const KeyRing ring(Source(1ms, 1ms));
  ASSERT_TRUE(Soon([&] { return Has(ring, First()); }));
  const auto serves = [&](std::string text, int status) {
    Publish(std::move(text), status);
    const int before = fetches_;
    return Soon([&] { return fetches_ > before + 2; }) && Has(ring, First());
  };
  EXPECT_TRUE(serves("no", 500));
  EXPECT_TRUE(serves(JwksOf({Second()}), 404));
  EXPECT_TRUE(serves(JwksOf({Second()}), 302));
  EXPECT_TRUE(serves("{}", 200));
  EXPECT_TRUE(serves("<html>", 200));
  EXPECT_TRUE(serves(std::string(kJwksBytesMax + 1, ' '), 200));
  EXPECT_FALSE(Has(ring, Second()));
  server_.Stop(0ms);
  EXPECT_TRUE(Has(ring, First()));
}

TEST_F(Remote, ThatDoesNotAnswerKeepsNobodyWaiting) {
  server_.Stop(0ms);
  const auto ring = std::make_shared<const KeyRing>(Source(1h, 1h));
  const Authenticator authenticator = AuthenticatorWith(ring);
  const auto identity = authenticator.Authenticate(TokenBy(First()));
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().code(), Code::kOverloaded);
}

TEST(KeyRing, RotationUnderManyThreadsRefusesNoTokenOfAKeyThatStays) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "keys.json";
  WriteFileDurably(file, JwksOf({First()}));
  const Authenticator authenticator =
      AuthenticatorWith(std::make_shared<const KeyRing>(KeySource{.location = file, .poll = 1ms}));
  const http::Headers first = TokenBy(First());
  const http::Headers second = TokenBy(Second());
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        while (!stop) {
          if (!authenticator.Authenticate(first)) ++wrong;
          authenticator.Authenticate(second).ok();
        }
      });
    }
    for (int i = 0; i < 10; ++i) {
      WriteFileDurably(file, JwksOf({First(), Second()}));
      EXPECT_TRUE(Soon([&] { return authenticator.Authenticate(second).ok(); }));
      WriteFileDurably(file, JwksOf({First()}));
      EXPECT_TRUE(Soon([&] { return !authenticator.Authenticate(second).ok(); }));
    }
    stop = true;
  }
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace keelrow::gateway
