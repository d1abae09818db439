#include "http/middleware.h"

#include <gtest/gtest.h>

#include <future>
#include <latch>

#include "http/client.h"
#include "http/raw_connection.h"
#include "http/server.h"

namespace keelrow::http {
namespace {

using namespace std::chrono_literals;

TEST(RequestId, IsKeptWhenSafeAndMadeOtherwise) {
  Server server({}, Router({{.method = "GET", .pattern = "/", .handler = Sync([](const Request& r) {
                                                                return Response::Text(r.id);
                                                              })}},
                           {RequestId()}));
  server.Start();
  Client client({.port = server.Port()});
  const Response kept = client.Get("/", {{"X-Request-Id", "abc-1.2_Z"}});
  EXPECT_EQ(kept.body, "abc-1.2_Z");
  EXPECT_EQ(kept.headers.Find("x-request-id"), "abc-1.2_Z");
  const std::string first = client.Get("/").body;
  const std::string second = client.Get("/", {{"x-request-id", "bad id\twith <tags>"}}).body;
  EXPECT_EQ(first.size(), 18u);
  EXPECT_NE(first, second);
  EXPECT_EQ(second.find('<'), std::string::npos);
}

TEST(Observe, SeesEveryAnswerEvenWithoutARoute) {
  std::vector<int> statuses;
  {
    Server server({}, Router({{.method = "GET", .pattern = "/", .handler = Sync([](const Request&) {
                                                                  return Response::Text("x");
                                                                })}},
                             {RequestId(), Observe([&](const Observed& seen) {
                                EXPECT_FALSE(seen.request.id.empty());
                                EXPECT_GE(seen.duration.count(), 0);
                                statuses.push_back(seen.response.status);
                              })}));
    server.Start();
    Client client({.port = server.Port()});
    client.Get("/");
    client.Get("/none");
    client.Post("/", "x");
  }
  EXPECT_EQ(statuses, (std::vector<int>{200, 404, 405}));
}

/// A handler that answers when it is told to, and what an observer has seen of it.
class Late : public testing::Test {
 protected:
  Server Serve(std::chrono::milliseconds patience) {
    const auto wait = [this](const Request&) {
      busy_.count_down();
      go_.get_future().wait();
      return Response::Text("late");
    };
    const auto note = [this](const Observed& seen) {
      const std::lock_guard lock(mutex_);
      seen_.push_back(seen.request.id + " " + std::to_string(seen.response.status));
    };
    return Server(
        {.limits = {.handler_timeout = patience}},
        Router(
            {{.method = "GET", .pattern = "/", .handler = Sync(wait), .run_on = RunOn::kWorkers}},
            {RequestId(), Observe(note)}));
  }

  std::latch busy_{1};
  std::promise<void> go_;
  std::mutex mutex_;
  std::vector<std::string> seen_;
};

TEST_F(Late, AnAnswerBehindTheDeadlineIsSeenOnceAsItIsSent) {
  {
    Server server = Serve(50ms);
    server.Start();
    Client client({.port = server.Port()});
    const Response response = client.Get("/", {{"x-request-id", "slow"}});
    EXPECT_EQ(response.status, 504);
    EXPECT_EQ(response.headers.Find("x-request-id"), "slow");
    go_.set_value();
  }
  EXPECT_EQ(seen_, std::vector<std::string>{"slow 504"});
}

TEST_F(Late, WhatAStopCutsOffIsSeenOnce) {
  {
    Server server = Serve(1h);
    server.Start();
    RawConnection raw(server.Port());
    raw.Send("GET / HTTP/1.1\r\nHost: x\r\nx-request-id: cut\r\n\r\n");
    busy_.wait();
    auto stopped = std::async(std::launch::async, [&] { return server.Stop(1ms); });
    EXPECT_TRUE(raw.WaitForClose());
    go_.set_value();
    EXPECT_FALSE(stopped.get());
  }
  EXPECT_EQ(seen_, std::vector<std::string>{"cut 503"});
}

}  // namespace
}  // namespace keelrow::http
