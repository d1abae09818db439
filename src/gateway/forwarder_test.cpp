#include "gateway/forwarder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/free_port_for_test.h"
#include "base/json.h"
#include "gateway/deadline.h"
#include "gateway/forwarded_message.h"
#include "http/middleware.h"
#include "http/raw_connection.h"
#include "http/server.h"

namespace keelrow::gateway {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using testing::HasSubstr;

TEST(ParseBackend, TakesAHostAndAPort) {
  EXPECT_EQ(ParseBackend("http://127.0.0.1:8081").Value().Name(), "127.0.0.1:8081");
  EXPECT_EQ(ParseBackend("model-a:80/").Value().Name(), "model-a:80");
  for (const char* bad : {"", "http://", "a", "a:0", "a:65536", "a:8x", "https://a:1", "a/b:80",
                          "http://u@a:80", "a:80/x"}) {
    const auto read = ParseBackend(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code(), Code::kBadValue);
  }
}

TEST(RequestedTimeout, BothHeadersAndNoNonsense) {
  EXPECT_EQ(RequestedTimeout({}), std::nullopt);
  EXPECT_EQ(RequestedTimeout({{"X-Request-Timeout-Ms", "250"}}), 250ms);
  EXPECT_EQ(RequestedTimeout({{"grpc-timeout", "250m"}}), 250ms);
  EXPECT_EQ(RequestedTimeout({{"grpc-timeout", "2S"}}), 2s);
  EXPECT_EQ(RequestedTimeout({{"grpc-timeout", "1500u"}}), 2ms);
  EXPECT_EQ(RequestedTimeout({{"grpc-timeout", "99999999H"}}), std::chrono::hours(99'999'999));
  for (const char* bad : {"", "-1", "1.5", "1e3", "0x10", " 1", "99999999999999999999"}) {
    EXPECT_EQ(RequestedTimeout({{"x-request-timeout-ms", bad}}), std::nullopt) << bad;
    EXPECT_EQ(RequestedTimeout({{"grpc-timeout", std::string(bad) + "m"}}), std::nullopt) << bad;
  }
}

TEST(ForwardedRequest, LeavesOutWhatIsOfOneConnection) {
  http::Request request;
  request.method = "POST";
  request.target = "/predict?a=b%20c";
  request.remote = "192.0.2.7:1234";
  request.id = "id-1";
  request.headers = {{"Host", "public.example"},
                     {"Connection", "keep-alive, X-Secret"},
                     {"X-Secret", "1"},
                     {"Transfer-Encoding", "chunked"},
                     {"Content-Length", "99"},
                     {"Content-Type", "image/png"},
                     {"X-Forwarded-For", "9.9.9.9"},
                     {"TE", "trailers"}};
  request.body = "body";
  const http::ClientRequest forwarded = ForwardedRequest(request);
  EXPECT_EQ(forwarded.target, "/predict?a=b%20c");
  EXPECT_EQ(forwarded.body, "body");
  EXPECT_EQ(forwarded.headers.Find("Content-Type"), "image/png");
  EXPECT_EQ(forwarded.headers.Find("x-request-id"), "id-1");
  EXPECT_EQ(forwarded.headers.Find("X-Forwarded-For"), "9.9.9.9, 192.0.2.7");
  for (const char* own :
       {"Host", "Connection", "X-Secret", "Transfer-Encoding", "Content-Length", "TE"}) {
    EXPECT_EQ(forwarded.headers.Count(own), 0u) << own;
  }
}

TEST(ForwardedRequest, TheBackendsSpanIsAChildOfOurs) {
  http::Request request{.method = "POST", .target = "/predict", .remote = "192.0.2.7:1234"};
  request.headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  request.headers.Add("tracestate", "vendor=1");
  request.trace = *http::ParseTraceparent(*request.headers.Find("traceparent"));
  request.trace.span = 0x1234;
  const http::ClientRequest forwarded = ForwardedRequest(request);
  EXPECT_EQ(forwarded.headers.Find("traceparent"),
            "00-0af7651916cd43dd8448eb211c80319c-0000000000001234-01");
  EXPECT_EQ(forwarded.headers.Count("traceparent"), 1u);
  EXPECT_EQ(forwarded.headers.Find("tracestate"), "vendor=1");

  http::Request begun{.method = "POST", .target = "/predict", .remote = "192.0.2.7:1234"};
  begun.trace = http::NewTrace(0);
  begun.trace.span = http::NewSpanId();
  const http::ClientRequest continued = ForwardedRequest(begun);
  const auto made = continued.headers.Find("traceparent");
  ASSERT_TRUE(made);
  EXPECT_EQ(http::ParseTraceparent(*made)->TraceId(), begun.trace.TraceId());
}

/// A real model service, as far as a gateway can tell. What it does is set by the test.
class FakeModel {
 public:
  explicit FakeModel(std::string name) : name_(std::move(name)), server_({}, Routes()) {
    server_.Start();
  }

  uint16_t port() const { return server_.Port(); }
  void Stop() { server_.Stop(); }

  std::atomic<int> ready{200};
  std::atomic<int> status{200};
  std::atomic<bool> silent{false};  // takes requests, and keeps them
  std::atomic<int> asked{0};

 private:
  http::Router Routes() {
    const auto health = [this](const http::Request&) { return http::Response::Text("", ready); };
    const auto predict = [this](const http::Request& request, http::Reply reply) {
      ++asked;
      if (silent) {
        const std::lock_guard lock(mutex_);
        return kept_.push_back(std::move(reply));
      }
      http::Response response = http::Response::Text(name_ + request.body, status);
      response.headers.Add("X-Seen-Timeout",
                           std::string(request.headers.Find(kTimeoutHeader).value_or("")));
      reply(std::move(response));
    };
    return http::Router({{.method = "GET", .pattern = "/readyz", .handler = http::Sync(health)},
                         {.method = "GET", .pattern = "/info", .handler = predict},
                         {.method = "POST", .pattern = "/predict", .handler = predict},
                         {.method = "POST", .pattern = "/once", .handler = predict}});
  }

  const std::string name_;
  std::mutex mutex_;
  std::vector<http::Reply> kept_;
  http::Server server_;
};

class Forwarding : public testing::Test {
 protected:
  ForwarderOptions Options() {
    ForwarderOptions options{
        .backends = {{.host = "127.0.0.1", .port = a_->port()},
                     {.host = "127.0.0.1", .port = b_->port()}},
        .balancer = {.hedge_after = 1},
        .health_every = 20ms,
        .on_attempt = [this](const Attempted& attempt) {
          const std::lock_guard lock(mutex_);
          ++attempts_[std::string(attempt.why) + " " + std::string(attempt.result)];
        }};
    return options;
  }
  void Start(ForwarderOptions options) {
    server_.reset();
    forwarder_.emplace(std::move(options));
    const auto predict = forwarder_->Handler(Forwarder::Repeat::kUnanswered);
    const auto once = forwarder_->Handler(Forwarder::Repeat::kIdempotentOnly);
    server_.emplace(http::ServerOptions{},
                    http::Router({{.method = "GET", .pattern = "/info", .handler = once},
                                  {.method = "POST", .pattern = "/predict", .handler = predict},
                                  {.method = "POST", .pattern = "/once", .handler = once}},
                                 {http::RequestId(), Deadlines()}));
    server_->Start();
  }
  http::Client Connect() const { return http::Client({.port = server_->Port()}); }
  int Count(const std::string& attempt) {
    const std::lock_guard lock(mutex_);
    return attempts_[attempt];
  }
  /// Until the health checks have seen it.
  bool Becomes(const std::function<bool(const std::vector<BackendView>&)>& so) const {
    const auto end = Clock::now() + 10s;
    while (Clock::now() < end) {
      if (so(forwarder_->Views())) return true;
      std::this_thread::yield();
    }
    return false;
  }

  std::unique_ptr<FakeModel> a_ = std::make_unique<FakeModel>("a");
  std::unique_ptr<FakeModel> b_ = std::make_unique<FakeModel>("b");
  std::mutex mutex_;
  std::map<std::string, int> attempts_;
  std::optional<Forwarder> forwarder_;
  std::optional<http::Server> server_;
};

TEST_F(Forwarding, RequestsAndAnswersPassToBothBackends) {
  Start(Options());
  http::Client client = Connect();
  int from_a = 0;
  for (int i = 0; i < 100; ++i) {
    const http::Response response = client.Post("/predict", "x");
    ASSERT_EQ(response.status, 200);
    EXPECT_TRUE(response.body == "ax" || response.body == "bx");
    from_a += response.body == "ax";
  }
  EXPECT_GT(from_a, 20);
  EXPECT_LT(from_a, 80);
  EXPECT_EQ(client.Get("/info").status, 200);
  EXPECT_EQ(client.Send({.method = "HEAD", .target = "/info"}).body, "");
  EXPECT_EQ(Count("first answered"), 102);
}

TEST_F(Forwarding, DeadlinesArePassedOnAndKept) {
  Start(Options());
  const http::Response response =
      Connect().Post("/predict", "", {{"x-request-timeout-ms", "5000"}});
  const int seen = std::stoi(std::string(response.headers.Find("X-Seen-Timeout").value()));
  EXPECT_GT(seen, 1000);
  EXPECT_LE(seen, 5000);
  a_->silent = b_->silent = true;
  const auto begin = Clock::now();
  EXPECT_EQ(Connect().Post("/predict", "", {{"grpc-timeout", "100m"}}).status, 504);
  EXPECT_LT(Clock::now() - begin, 5s);
}

TEST_F(Forwarding, ClientsWithoutPatienceOpenNoBreaker) {
  Start(Options());
  a_->silent = b_->silent = true;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Connect().Post("/predict", "", {{"x-request-timeout-ms", "5"}}).status, 504);
  }
  a_->silent = b_->silent = false;
  EXPECT_EQ(Connect().Post("/predict", "").status, 200);
  EXPECT_EQ(Count("first failed"), 0);
}

TEST_F(Forwarding, ABackendThatIsGoneCostsNoRequest) {
  Start(Options());
  a_->Stop();
  http::Client client = Connect();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(client.Post("/predict", "").body, "b");
    EXPECT_EQ(client.Post("/once", "").body, "b");  // nothing was sent to the other one
  }
  EXPECT_TRUE(Becomes([](const auto& views) { return !views[0].healthy; }));
  EXPECT_TRUE(forwarder_->Available());
  b_->Stop();
  EXPECT_TRUE(Becomes([](const auto& views) { return !views[1].healthy; }));
  EXPECT_FALSE(forwarder_->Available());
  const http::Response none = client.Post("/predict", "");
  EXPECT_TRUE(none.status == 503 || none.status == 502) << none.status;
}

TEST_F(Forwarding, WhereNothingWasSentTheClientMayAskAgain) {
  ForwarderOptions options = Options();
  const uint16_t nobody = FreePort();
  options.backends = {{.host = "127.0.0.1", .port = nobody}};
  Start(std::move(options));
  for (const char* path : {"/predict", "/once"}) {
    const http::Response response = Connect().Post(path, "");
    EXPECT_EQ(response.status, 503) << path;
    EXPECT_EQ(response.headers.Find("Retry-After"), "1");
  }
  EXPECT_EQ(Connect().Post("/predict", "", {{"grpc-timeout", "0m"}}).status, 504)
      << "its deadline has passed, whoever is there";
}

TEST_F(Forwarding, BusyBackendsAreAskedOnceAndAnotherInstead) {
  Start(Options());
  a_->status = 503;
  http::Client client = Connect();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.Post("/predict", "").body, "b");
  EXPECT_GT(Count("first refused"), 5);
  EXPECT_EQ(Count("first failed"), 0);
  EXPECT_EQ(forwarder_->Views()[0].breaker, CircuitBreaker::State::kClosed);
  int refused = 0;
  for (int i = 0; i < 50; ++i) refused += client.Post("/once", "").status == 503;
  EXPECT_GT(refused, 5);  // what may not be repeated is not
}

TEST_F(Forwarding, AnErrorOfTheModelIsItsAnswer) {
  Start(Options());
  a_->status = b_->status = 500;
  http::Client client = Connect();
  for (int i = 0; i < 30; ++i) EXPECT_EQ(client.Post("/predict", "").status, 500);
  EXPECT_EQ(a_->asked + b_->asked, 30);
  a_->status = b_->status = 200;
  EXPECT_EQ(client.Post("/predict", "").status, 200);
}

TEST_F(Forwarding, UnreadyBackendsGetNothingUntilTheyAreReady) {
  a_->ready = 503;
  Start(Options());
  ASSERT_TRUE(Becomes([](const auto& views) { return !views[0].healthy; }));
  a_->asked = 0;
  http::Client client = Connect();
  for (int i = 0; i < 30; ++i) EXPECT_EQ(client.Post("/predict", "").body, "b");
  EXPECT_EQ(a_->asked, 0);
  a_->ready = 200;
  ASSERT_TRUE(Becomes([](const auto& views) { return views[0].healthy; }));
  for (int i = 0; i < 30; ++i) client.Post("/predict", "");
  EXPECT_GT(a_->asked, 0);
}

TEST_F(Forwarding, AFailingBackendIsLeftAloneAndTriedAgain) {
  ForwarderOptions options = Options();
  options.balancer.breaker = {.open_for = 50ms};
  Start(std::move(options));
  a_->status = 502;
  http::Client client = Connect();
  const auto end = Clock::now() + 1s;
  while (Clock::now() < end) client.Post("/predict", "");
  EXPECT_LT(a_->asked, 60);  // five, then a probe or two each time that it was half open
  a_->status = 200;
  const auto patience = Clock::now() + 10s;
  a_->asked = 0;
  while (a_->asked < 20 && Clock::now() < patience) client.Post("/predict", "");
  EXPECT_GE(a_->asked, 20);
}

TEST_F(Forwarding, ASlowAnswerIsHedged) {
  ForwarderOptions options = Options();
  options.balancer.hedge_after = 0.95;
  Start(std::move(options));
  http::Client client = Connect();
  for (int i = 0; i < 200; ++i) ASSERT_EQ(client.Post("/predict", "").status, 200);
  a_->silent = true;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.Post("/predict", "").body, "b");
  EXPECT_GT(Count("hedge answered"), 0);
  EXPECT_GT(Count("first cancelled"), 0);
}

TEST_F(Forwarding, RetriesStayWithinTheirBudget) {
  ForwarderOptions options = Options();
  options.balancer.retry_share = 0.1;
  options.balancer.retry_burst = 5;
  Start(std::move(options));
  a_->status = b_->status = 503;
  http::Client client = Connect();
  for (int i = 0; i < 200; ++i) EXPECT_EQ(client.Post("/predict", "").status, 503);
  EXPECT_LE(a_->asked + b_->asked, 200 + 5 + 20);
}

TEST_F(Forwarding, ManyClientsAtOnceWhileBackendsComeAndGo) {
  Start(Options());
  std::atomic<int> bad{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      http::Client client = Connect();
      for (int k = 0; k < 200; ++k) {
        const std::string body = std::to_string(k);
        const http::Response response = client.Post("/predict", body);
        bad += response.status != 200 || response.body.substr(1) != body;
      }
    });
  }
  a_->Stop();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(bad, 0);
}

}  // namespace
}  // namespace keelrow::gateway
