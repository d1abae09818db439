#include "http/async_client.h"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <thread>

#include "base/files.h"
#include "http/certificates_for_test.h"
#include "http/raw_connection.h"
#include "http/server.h"

namespace keelrow::http {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// A listening socket that answers exactly what a test says.
class RawServer {
 public:
  RawServer() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 16);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~RawServer() { ::close(listener_); }
  RawServer(const RawServer&) = delete;

  uint16_t port() const { return port_; }
  /// Takes a connection and reads what comes first, then sends and closes.
  void AnswerOnce(std::string_view bytes) const {
    const int socket = ::accept(listener_, nullptr, nullptr);
    char piece[65536];
    EXPECT_GT(::recv(socket, piece, sizeof piece, 0), 0);
    EXPECT_EQ(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    ::close(socket);
  }

 private:
  int listener_;
  uint16_t port_ = 0;
};

class Async : public testing::Test {
 protected:
  static Router Routes(Async& test) {
    return Router({{.method = "GET",
                    .pattern = "/port",
                    .handler = Sync([](const Request& r) { return Response::Text(r.remote); }),
                    .access = Access::kOpen},
                   {.method = "POST",
                    .pattern = "/echo",
                    .handler = Sync([](const Request& r) { return Response::Text(r.body); }),
                    .access = Access::kOpen},
                   {.method = "GET",
                    .pattern = "/never",
                    .handler = [&test](const Request&,
                                       Reply reply) { test.kept_.push_back(std::move(reply)); },
                    .access = Access::kOpen}});
  }
  void SetUp() override { server_.Start(); }

  AsyncOutcome Ask(uint16_t port, const ClientRequest& request,
                   std::chrono::milliseconds patience = 20s) {
    return Ask(ClientOf(port), request, patience);
  }
  AsyncOutcome Ask(const std::shared_ptr<AsyncClient>& client, const ClientRequest& request,
                   std::chrono::milliseconds patience = 20s) {
    std::promise<AsyncOutcome> promise;
    loop_->Post([&] {
      client->Send(request, Clock::now() + patience,
                   [&](AsyncOutcome outcome) { promise.set_value(std::move(outcome)); });
    });
    return promise.get_future().get();
  }
  std::shared_ptr<AsyncClient> ClientOf(uint16_t port) {
    return std::make_shared<AsyncClient>(
        *loop_, AsyncClientOptions{.port = port, .response_bytes_max = 1 << 20});
  }

  std::vector<Reply> kept_;
  Server server_{{}, Routes(*this)};
  std::optional<ClientLoop> loop_{std::in_place};
};

TEST_F(Async, AnswersAndKeepsTheConnection) {
  const auto client = ClientOf(server_.Port());
  const AsyncOutcome first = Ask(client, {.target = "/port"});
  const AsyncOutcome second = Ask(client, {.target = "/port"});
  EXPECT_EQ(first.response->status, 200);
  EXPECT_FALSE(first.kept_connection);
  EXPECT_TRUE(second.kept_connection);
  EXPECT_EQ(first.response->body, second.response->body);
  EXPECT_EQ(Ask(client, {.method = "HEAD", .target = "/port"}).response->body, "");
}

TEST_F(Async, ManyAtOnceGetTheirOwnAnswers) {
  constexpr int kCalls = 500;
  const auto client = ClientOf(server_.Port());
  std::latch all(kCalls);
  std::atomic<int> right{0};
  loop_->Post([&] {
    for (int i = 0; i < kCalls; ++i) {
      const std::string body = std::to_string(i);
      client->Send({.method = "POST", .target = "/echo", .body = body}, Clock::now() + 20s,
                   [&, body](const AsyncOutcome& outcome) {
                     right += outcome.response.ok() && outcome.response->body == body;
                     all.count_down();
                   });
    }
  });
  all.wait();
  EXPECT_EQ(right, kCalls);
}

TEST_F(Async, TlsIsKeptTooAndAStrangersCertificateRefused) {
  const TemporaryFolder folder;
  const Certified ca = Certify({.name = "test authority", .authority = true});
  Write(folder.path(), "ca", ca);
  Write(folder.path(), "other", Certify({.name = "another authority", .authority = true}));
  Write(folder.path(), "server",
        Certify({.name = "server", .alternative = "DNS:localhost,IP:127.0.0.1"}, &ca));
  Server secure({.tls = TlsServerOptions{.certificate = folder.path() / "server.pem",
                                         .key = folder.path() / "server.key"}},
                Routes(*this));
  secure.Start();
  const auto client_of = [&](const char* authority) {
    return std::make_shared<AsyncClient>(
        *loop_, AsyncClientOptions{.port = secure.Port(),
                                   .tls = TlsClientOptions{.ca = folder.path() / authority}});
  };
  const auto client = client_of("ca.pem");
  const std::string large(3 << 20, 'x');
  EXPECT_EQ(Ask(client, {.method = "POST", .target = "/echo", .body = large}).response->body,
            large);
  EXPECT_TRUE(Ask(client, {.target = "/port"}).kept_connection);
  const AsyncOutcome refused = Ask(client_of("other.pem"), {.target = "/port"});
  EXPECT_EQ(refused.response.error().code(), Code::kIo);
  EXPECT_EQ(refused.progress, Progress::kNotSent);
}

TEST_F(Async, ADeadlineEndsACall) {
  const auto begin = Clock::now();
  const AsyncOutcome outcome = Ask(server_.Port(), {.target = "/never"}, 50ms);
  EXPECT_EQ(outcome.response.error().code(), Code::kTimeout);
  EXPECT_EQ(outcome.progress, Progress::kSent);
  EXPECT_GE(Clock::now() - begin, 50ms);
  EXPECT_LT(Clock::now() - begin, 10s);
}

TEST_F(Async, ACallCanBeCancelledAndALoopEnded) {
  const auto client = ClientOf(server_.Port());
  std::promise<Code> cancelled;
  loop_->Post([&] {
    const auto call = client->Send(
        {.target = "/never"}, Clock::now() + 20s,
        [&](const AsyncOutcome& outcome) { cancelled.set_value(outcome.response.error().code()); });
    AsyncClient::Cancel(*call);
  });
  EXPECT_EQ(cancelled.get_future().get(), Code::kInterrupted);
  std::promise<Code> ended;
  loop_->Post([&] {
    client->Send({.target = "/never"}, Clock::now() + 20s, [&](const AsyncOutcome& outcome) {
      ended.set_value(outcome.response.error().code());
    });
  });
  loop_.reset();
  EXPECT_EQ(ended.get_future().get(), Code::kInterrupted);
}

TEST_F(Async, HowFarItCameIsKnown) {
  uint16_t closed = 0;
  {
    const RawServer gone;
    closed = gone.port();
  }
  const AsyncOutcome refused = Ask(closed, {.target = "/"});
  EXPECT_EQ(refused.response.error().code(), Code::kIo);
  EXPECT_EQ(refused.progress, Progress::kNotSent);

  struct Row {
    const char* answer;
    Progress progress;
    Code code;
  };
  for (const Row& row :
       {Row{"", Progress::kSent, Code::kIo},
        Row{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", Progress::kAnswering, Code::kIo},
        Row{"SSH-2.0\r\n\r\n", Progress::kAnswering, Code::kBadRequest},
        Row{"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", Progress::kAnswering,
            Code::kTooLarge}}) {
    const RawServer server;
    std::thread answering([&] { server.AnswerOnce(row.answer); });
    const AsyncOutcome outcome = Ask(server.port(), {.target = "/"});
    answering.join();
    ASSERT_FALSE(outcome.response.ok()) << row.answer;
    EXPECT_EQ(outcome.response.error().code(), row.code) << row.answer;
    EXPECT_EQ(outcome.progress, row.progress) << row.answer;
  }
}

TEST_F(Async, AHostThatDoesNotExist) {
  const auto client = std::make_shared<AsyncClient>(
      *loop_, AsyncClientOptions{.host = "no-such-host.invalid", .port = 80});
  const AsyncOutcome outcome = Ask(client, {.target = "/"});
  EXPECT_FALSE(outcome.response.ok());
  EXPECT_EQ(outcome.progress, Progress::kNotSent);
}

}  // namespace
}  // namespace keelrow::http
