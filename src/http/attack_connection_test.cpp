// What strangers do with connections: hold them, halve them, and hide one request in another.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "http/client.h"
#include "http/encoding.h"
#include "http/raw_connection.h"
#include "http/server.h"

namespace keelrow::http {
namespace {

using namespace std::chrono_literals;

class Connections : public testing::Test {
 protected:
  explicit Connections(Limits limits = {.header_timeout = 300ms, .body_timeout = 300ms})
      : server_({.limits = limits}, Routes()) {
    server_.Start();
  }
  ~Connections() override {
    Client client({.port = server_.Port()});
    EXPECT_EQ(client.Post("/echo", "still here").body, "still here");
    EXPECT_EQ(hidden_, 0) << "a request was smuggled";
  }

  Router Routes() {
    const Handler echo = Sync([](const Request& request) { return Response::Text(request.body); });
    return Router(
        {{.method = "POST", .pattern = "/echo", .handler = echo},
         {.method = "POST", .pattern = "/work", .handler = echo, .run_on = RunOn::kWorkers},
         {.method = "GET", .pattern = "/header", .handler = Sync([](const Request& request) {
                                                   Response response = Response::Text("x");
                                                   response.headers.Add(
                                                       "X-Note",
                                                       std::string(*request.Query("note")));
                                                   return response;
                                                 })},
         {.method = "GET", .pattern = "/hidden", .handler = Sync([this](const Request&) {
                                                   ++hidden_;
                                                   return Response::Text("found");
                                                 })}});
  }

  void ExpectNoConnections() {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (server_.Load().connections > 0 && std::chrono::steady_clock::now() < end) {
      std::this_thread::yield();
    }
    EXPECT_EQ(server_.Load().connections, 0u);
  }

  std::atomic<int> hidden_{0};
  Server server_;
};

TEST_F(Connections, ARequestIsNotHiddenInAnother) {
  const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\n";
  const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string chunks = "0\r\n\r\n" + hidden;
  const std::string length = "Content-Length: " + std::to_string(chunks.size()) + "\r\n";
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  for (const std::string& request : {
           head + length + chunked + "\r\n" + chunks,  // CL.TE
           head + chunked + length + "\r\n" + chunks,  // TE.CL
           head + length + "transfer-encoding: CHUNKED\r\n\r\n" + chunks,
           head + length + "Transfer-Encoding : chunked\r\n\r\n" + chunks,
           head + length + " Transfer-Encoding: chunked\r\n\r\n" + chunks,
           head + length +
               "Transfer-Encoding:\x0b"
               "chunked\r\n\r\n" +
               chunks,
           head + length + "Transfer-Encoding: chunked, identity\r\n\r\n" + chunks,
           head + length + "Transfer-Encoding: identity\r\n" + chunked + "\r\n" + chunks,
           head + length + "Transfer\rEncoding: chunked\r\n\r\n" + chunks,
           head + length + "X: y\rTransfer-Encoding: chunked\r\n\r\n" + chunks,
           head + "Content-Length: 0\r\n" + length + "\r\n" + hidden,
           head + "Content-Length: 0, 5\r\n\r\n" + hidden,
           head + "Content-Length: 0\r\n" + chunked + "\r\n5\r\nhello\r\n" + chunks,
           head + "Transfer-Encoding: chunked, chunked\r\n\r\n" + chunks,
           head + "Transfer-Encoding: xchunked\r\n\r\n" + chunks,
           head + "Transfer-Encoding: \"chunked\"\r\n\r\n" + chunks,
           head + chunked + "\r\n0x0\r\n\r\n" + hidden,
           head + chunked + "\r\n-0\r\n\r\n" + hidden,
           head + chunked + "\r\n\r\n\r\n" + hidden,
           head + chunked + "\r\n0\n\n" + hidden,
           head + chunked + "\r\n3\r\nabcX0\r\n\r\n" + hidden,
           "POST /echo HTTP/1.0\r\nHost: x\r\n" + chunked + "\r\n" + chunks,
       }) {
    RawConnection raw(server_.Port());
    raw.Send(request);
    const std::string answer = raw.Receive(2, 10s);
    const int status = answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
    EXPECT_TRUE(status == 400 || status == 501) << status << " for " << request;
    EXPECT_EQ(answer.find(" 200 OK"), std::string::npos) << answer << " for " << request;
  }
}

TEST_F(Connections, APipelineOfAllKindsEndsWithItsFirstFault) {
  const std::string gzip = Gzip("packed");
  const std::string requests =
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nfirst"
      "POST /work HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nsecond\r\n0\r\n\r\n"
      "GET /none HTTP/1.1\r\nHost: x\r\n\r\n"
      "POST /work HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: " +
      std::to_string(gzip.size()) + "\r\n\r\n" + gzip +
      "PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nno"
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nlast"
      "BROKEN\r\n\r\n"
      "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const size_t piece : {requests.size(), size_t{1}, size_t{13}}) {
    RawConnection raw(server_.Port());
    for (size_t at = 0; at < requests.size(); at += piece) raw.Send(requests.substr(at, piece));
    const std::string answers = raw.Receive(8);
    size_t at = 0;
    for (const char* expected : {" 200 OK", "first", " 200 OK", "second", " 404 ", " 200 OK",
                                 "packed", " 405 ", " 200 OK", "last", " 400 "}) {
      at = answers.find(expected, at);
      ASSERT_NE(at, std::string::npos) << expected << " is missing in " << answers;
    }
    EXPECT_EQ(answers.find("HTTP/1.", at), std::string::npos) << answers;
  }
}

TEST_F(Connections, SlowlorisIsLetGo) {
  std::vector<std::unique_ptr<RawConnection>> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(std::make_unique<RawConnection>(server_.Port()));
    slow.back()->Send("POST /echo HTTP/1.1\r\nHost: x\r\n");
  }
  // A field now and then does not buy more time.
  const auto begin = std::chrono::steady_clock::now();
  std::string answer;
  while (answer.empty() && std::chrono::steady_clock::now() - begin < 20s) {
    for (const auto& connection : slow) connection->Send("X-a: b\r\n");
    answer = slow.front()->Receive(1, 20ms);
    EXPECT_EQ(Client({.port = server_.Port()}).Post("/echo", "others").body, "others");
  }
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 408")) << answer;
  for (const auto& connection : slow) EXPECT_TRUE(connection->WaitForClose());
  ExpectNoConnections();
}

TEST_F(Connections, HalfClosedClientsGetTheirAnswerAndNoMore) {
  RawConnection whole(server_.Port()), part(server_.Port()), body(server_.Port()),
      nothing(server_.Port());
  whole.Send("POST /work HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\ndone");
  whole.EndSending();
  EXPECT_TRUE(whole.Receive().ends_with("done"));
  part.Send("POST /echo HTTP/1.1\r\nHo");
  part.EndSending();
  body.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf");
  body.EndSending();
  nothing.EndSending();
  for (RawConnection* raw : {&whole, &part, &body, &nothing}) EXPECT_TRUE(raw->WaitForClose());
  ExpectNoConnections();
}

TEST_F(Connections, WhatClientsSayCannotBecomeAHeaderOfTheAnswer) {
  Client client({.port = server_.Port()});
  for (const char* note : {"a%0d%0aSet-Cookie:%20b", "a%0aSet-Cookie:%20b", "%0d", "a%7f"}) {
    const Response answer = client.Get(std::string("/header?note=") + note);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.Find("Set-Cookie"), std::nullopt) << note;
    EXPECT_EQ(answer.headers.Find("X-Note"), std::nullopt) << note;
  }
  EXPECT_EQ(client.Get("/header?note=fine").headers.Find("X-Note"), "fine");
}

// Sanitizers keep a shadow of all memory, which is not what a connection costs.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool kMemoryIsOurs = false;
#else
constexpr bool kMemoryIsOurs = true;
#endif

/// Bytes of memory that this process has.
size_t ResidentBytes() {
  size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

/// As many as this process may open on both sides, 10,000 at most.
size_t ManyConnections() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 21'000);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return std::min<size_t>((limit.rlim_cur - 300) / 2, 10'000);
}

class ManyIdle : public Connections {
 protected:
  ManyIdle() : Connections({.connections_max = kMost}) {}
  static inline const size_t kMost = ManyConnections();
};

TEST_F(ManyIdle, CostLittleAndHinderNobody) {
  Client client({.port = server_.Port()});
  EXPECT_EQ(client.Post("/echo", "before").body, "before");
  const size_t before = ResidentBytes();
  std::vector<std::unique_ptr<RawConnection>> idle;
  while (idle.size() + 1 < kMost) {
    idle.push_back(std::make_unique<RawConnection>(server_.Port()));
  }
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (server_.Load().connections < kMost && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
  }
  EXPECT_EQ(server_.Load().connections, kMost);
  if (kMemoryIsOurs) {
    EXPECT_LT((ResidentBytes() - before) / kMost, size_t{16} << 10) << "bytes for a connection";
  }
  RawConnection above(server_.Port());
  EXPECT_TRUE(above.Receive().starts_with("HTTP/1.1 503"));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(client.Post("/echo", "amid").body, "amid");
  idle.clear();
  EXPECT_EQ(client.Post("/echo", "after").body, "after");
}

}  // namespace
}  // namespace keelrow::http
