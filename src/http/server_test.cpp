#include "http/server.h"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <thread>

#include "http/client.h"
#include "http/raw_connection.h"

namespace keelrow::http {
namespace {

using namespace std::chrono_literals;

Route Get(std::string pattern, std::function<Response(const Request&)> function,
          RunOn run_on = RunOn::kIo) {
  return {.method = "GET",
          .pattern = std::move(pattern),
          .handler = Sync(std::move(function)),
          .run_on = run_on};
}

Route Echo() {
  return {.method = "POST", .pattern = "/echo", .handler = Sync([](const Request& request) {
                                                  return Response::Text(request.body);
                                                })};
}

std::unique_ptr<Server> Started(std::vector<Route> routes, ServerOptions options = {}) {
  auto server = std::make_unique<Server>(std::move(options), Router(std::move(routes)));
  server->Start();
  return server;
}

TEST(Server, AnswersOverOneConnectionManyTimes) {
  const auto server = Started(
      {Get("/hello/{name}",
           [](const Request& request) { return Response::Text("hello " + request.Param("name")); }),
       Echo()});
  Client client({.port = server->Port()});
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(client.Get("/hello/" + std::to_string(i)).body, "hello " + std::to_string(i));
  }
  EXPECT_EQ(server->Load().connections, 1u);
  const std::string large(10 << 20, 'x');
  EXPECT_EQ(client.Post("/echo", large).body, large);
  EXPECT_EQ(client.Get("/none").status, 404);
}

/// A handler that keeps what it was asked, and answers when it is told to.
struct Held {
  std::promise<std::pair<const Request*, std::shared_ptr<Reply>>> asked;

  Route At(std::string pattern) {
    return {.method = "GET",
            .pattern = std::move(pattern),
            .handler = [this](const Request& request, Reply reply) {
              asked.set_value({&request, std::make_shared<Reply>(std::move(reply))});
            }};
  }
};

TEST(Server, AHandlerLearnsThatItsClientHasLeft) {
  Held held;
  const auto server = Started({held.At("/slow")});
  RawConnection client(server->Port());
  client.Send(
      "GET /slow HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\n");  // and half of another
  const auto [request, reply] = held.asked.get_future().get();
  EXPECT_FALSE(request->Abandoned());
  client.Close();
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!request->Abandoned() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_TRUE(request->Abandoned());
  (*reply)(Response::Text("for nobody"));
}

TEST(Server, AnswersFromOtherThreadsAndWorkers) {
  std::vector<std::jthread> threads;
  std::mutex mutex;
  const Handler later = [&](const Request& request, Reply reply) {
    const std::lock_guard lock(mutex);
    threads.emplace_back([id = std::string(*request.Query("i")),
                          reply = std::move(reply)]() mutable { reply(Response::Text(id)); });
  };
  const auto server = Started(
      {{.method = "GET", .pattern = "/later", .handler = later},
       Get(
           "/work", [](const Request& r) { return Response::Text(std::string(*r.Query("i"))); },
           RunOn::kWorkers)},
      {.io_threads = 2});
  std::vector<std::future<void>> clients;
  for (int c = 0; c < 8; ++c) {
    clients.push_back(std::async(std::launch::async, [&, c] {
      Client client({.port = server->Port()});
      for (int i = 0; i < 100; ++i) {
        const std::string id = std::to_string(c * 1000 + i);
        EXPECT_EQ(client.Get((i % 2 == 0 ? "/later?i=" : "/work?i=") + id).body, id);
      }
    }));
  }
  for (auto& client : clients) client.get();
}

TEST(Server, PipelinedRequestsAreAnsweredInOrder) {
  const auto server =
      Started({Get("/{n}", [](const Request& r) { return Response::Text(r.Param("n")); }),
               Get(
                   "/work/{n}", [](const Request& r) { return Response::Text(r.Param("n")); },
                   RunOn::kWorkers)});
  RawConnection raw(server->Port());
  std::string requests;
  for (int i = 0; i < 1000; ++i) {
    requests += std::string("GET ") + (i % 7 == 0 ? "/work/" : "/") + "n" + std::to_string(i) +
                "e HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  raw.Send(requests);
  const std::string answers = raw.Receive(1000);
  size_t at = 0;
  for (int i = 0; i < 1000; ++i) {
    at = answers.find("n" + std::to_string(i) + "e", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST(Server, HeadHasALengthAndNoBody) {
  const auto server = Started({Get("/a", [](const Request&) { return Response::Text("body"); })});
  RawConnection raw(server->Port());
  raw.Send("HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answer = raw.Receive(2);
  EXPECT_NE(answer.find("Content-Length: 4\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
  Client client({.port = server->Port()});
  EXPECT_EQ(client.Send({.method = "HEAD", .target = "/a"}).body, "");
  EXPECT_EQ(client.Get("/a").body, "body");
}

TEST(Server, ChunkedBodiesAndContinue) {
  const auto server = Started({Echo()});
  RawConnection raw(server->Port());
  raw.Send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n");
  EXPECT_TRUE(raw.Receive().ends_with("\r\n\r\nabcde"));
  raw.Send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(raw.Receive(), "HTTP/1.1 100 Continue\r\n\r\n");
  raw.Send("hi");
  EXPECT_TRUE(raw.Receive().ends_with("\r\n\r\nhi"));
}

TEST(Server, TrailersAddNoHeaderFields) {
  const auto server = Started(
      {{.method = "POST", .pattern = "/", .handler = Sync([](const Request& r) {
                                            return Response::Text(
                                                r.headers.Find("Authorization") ? "yes" : "no");
                                          })}});
  RawConnection raw(server->Port());
  raw.Send(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "1\r\na\r\n0\r\nAuthorization: Bearer x\r\n\r\n");
  EXPECT_TRUE(raw.Receive().ends_with("\r\n\r\nno"));
}

TEST(Server, Http10ClosesUnlessAskedToStay) {
  const auto server = Started({Get("/", [](const Request&) { return Response::Text("x"); })});
  RawConnection once(server->Port());
  once.Send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(once.Receive(2).starts_with("HTTP/1.0 200 OK"));
  EXPECT_TRUE(once.WaitForClose());
  RawConnection kept(server->Port());
  for (int i = 0; i < 2; ++i) {
    kept.Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_NE(kept.Receive().find("Connection: keep-alive"), std::string::npos);
  }
}

TEST(Server, AResponseCannotSplitTheStream) {
  const auto server = Started({Get("/", [](const Request&) {
    Response response = Response::Text("x");
    response.headers.Add("X-Evil", "a\r\nSet-Cookie: b");
    response.headers.Add("Bad Name", "v");
    response.headers.Add("Content-Length", "7");
    response.headers.Add("X-Good", "g");
    return response;
  })});
  Client client({.port = server->Port()});
  const Response response = client.Get("/");
  EXPECT_EQ(response.headers.Find("Set-Cookie"), std::nullopt);
  EXPECT_EQ(response.headers.Find("X-Evil"), std::nullopt);
  EXPECT_EQ(response.headers.Find("X-Good"), "g");
  EXPECT_EQ(response.headers.Find("Content-Length"), "1");
}

TEST(Server, ADroppedReplyAndAThrowingHandlerAnswer500) {
  const auto server =
      Started({{.method = "GET", .pattern = "/drop", .handler = [](const Request&, Reply) {}},
               Get(
                   "/throw", [](const Request&) -> Response { throw std::runtime_error("x"); },
                   RunOn::kWorkers)});
  Client client({.port = server->Port()});
  EXPECT_EQ(client.Get("/drop").status, 500);
  EXPECT_EQ(client.Get("/throw").status, 500);
}

TEST(Server, AnExceptionOnAnyThreadAnswers500AndIsLogged) {
  const auto fail = [](const Request&, Reply) { throw std::runtime_error("out of luck"); };
  const auto fail_oddly = [](const Request&, Reply) { throw 7; };
  const auto guarded = [](Request& request, Reply reply, const Next& next) {
    if (request.path == "/middleware") throw std::runtime_error("out of order");
    next(request, std::move(reply));
  };
  Server server(
      {.worker_threads = 1},
      Router(
          {{.method = "GET", .pattern = "/io", .handler = fail},
           {.method = "GET", .pattern = "/work", .handler = fail, .run_on = RunOn::kWorkers},
           {.method = "GET", .pattern = "/odd", .handler = fail_oddly, .run_on = RunOn::kWorkers}},
          {guarded}));
  server.Start();
  testing::internal::CaptureStderr();
  Client client({.port = server.Port()});
  for (const char* path : {"/io", "/work", "/odd", "/middleware"}) {
    const Response response = client.Get(path);
    EXPECT_EQ(response.status, 500) << path;
    EXPECT_EQ(response.body.find("luck"), std::string::npos);
  }
  server.Stop();
  const std::string log = testing::internal::GetCapturedStderr();
  for (const char* line : {"to /io failed: out of luck", "to /work failed: out of luck",
                           "to /odd failed", "to /middleware failed: out of order"}) {
    EXPECT_NE(log.find(line), std::string::npos) << log;
  }
}

TEST(Server, AHandlerThatPutItsReplyAwayAndThrowsAnswersOnce) {
  std::optional<Reply> kept;
  const auto server =
      Started({{.method = "GET", .pattern = "/", .handler = [&](const Request&, Reply reply) {
                  kept.emplace(std::move(reply));
                  throw std::runtime_error("out of luck");
                }}});
  Client client({.port = server->Port()});
  EXPECT_EQ(client.Get("/").status, 500);
  (*kept)(Response::Text("too late"));
  EXPECT_EQ(client.Get("/none").status, 404);
}

TEST(Server, ASlowHandlerAnswers504AndMayStillFinish) {
  std::promise<void> go;
  std::promise<std::string> seen;
  const auto server =
      Started({Get(
                  "/slow/{x}",
                  [&](const Request& request) {
                    go.get_future().wait();
                    seen.set_value(request.Param("x"));  // the request must still be there
                    return Response::Text("late");
                  },
                  RunOn::kWorkers)},
              {.limits = {.handler_timeout = 50ms}});
  Client client({.port = server->Port()});
  const Response response = client.Get("/slow/abc");
  EXPECT_EQ(response.status, 504);
  EXPECT_NE(response.body.find(Info(Code::kTimeout).number), std::string::npos);
  go.set_value();
  EXPECT_EQ(seen.get_future().get(), "abc");
  EXPECT_EQ(client.Get("/none").status, 404);
}

TEST(Server, AFullQueueAnswers503AtOnce) {
  std::promise<void> go;
  const std::shared_future<void> gate = go.get_future().share();
  std::latch busy(1);
  const auto server = Started({Get(
                                  "/block",
                                  [&](const Request&) {
                                    busy.count_down();
                                    gate.wait();
                                    return Response::Text("done");
                                  },
                                  RunOn::kWorkers)},
                              {.worker_threads = 1, .limits = {.queue_max = 1}});
  RawConnection first(server->Port());
  first.Send("GET /block HTTP/1.1\r\nHost: x\r\n\r\n");
  busy.wait();
  RawConnection second(server->Port());
  second.Send("GET /block HTTP/1.1\r\nHost: x\r\n\r\n");
  while (server->Load().queued == 0) std::this_thread::yield();
  Client third({.port = server->Port()});
  const Response refused = third.Get("/block");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.Find("Retry-After"), "1");
  go.set_value();
  EXPECT_TRUE(first.Receive().ends_with("done"));
}

TEST(Server, APortInUseIsNamed) {
  const auto server = Started({});
  Server second({.port = server->Port()}, Router({}));
  try {
    second.Start();
    FAIL() << "two servers on one port";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kPortInUse);
    EXPECT_NE(error.message().find(std::to_string(server->Port())), std::string::npos);
    EXPECT_NE(error.hint().find("--port"), std::string::npos);
  }
  Server nowhere({.host = "not-an-address"}, Router({}));
  try {
    nowhere.Start();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kBadValue);
  }
}

TEST(Server, StopFinishesWhatIsInFlight) {
  std::promise<void> go;
  std::latch busy(1);
  auto server = Started({Get(
      "/slow",
      [&](const Request&) {
        busy.count_down();
        go.get_future().wait();
        return Response::Text("finished");
      },
      RunOn::kWorkers)});
  RawConnection idle(server->Port());
  RawConnection working(server->Port());
  working.Send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  busy.wait();
  auto stopped = std::async(std::launch::async, [&] { return server->Stop(20s); });
  EXPECT_TRUE(idle.WaitForClose());
  go.set_value();
  const std::string answer = working.Receive();
  EXPECT_TRUE(answer.ends_with("finished")) << answer;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(stopped.get());
  EXPECT_THROW(RawConnection late(server->Port()), Error);
}

TEST(Server, StopCutsOffWhatIsNeverAnswered) {
  std::optional<Reply> kept;
  std::latch busy(1);
  auto server =
      Started({{.method = "GET", .pattern = "/never", .handler = [&](const Request&, Reply reply) {
                  kept.emplace(std::move(reply));
                  busy.count_down();
                }}});
  RawConnection raw(server->Port());
  raw.Send("GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
  busy.wait();
  EXPECT_FALSE(server->Stop(10ms));
  EXPECT_TRUE(raw.WaitForClose());
  server.reset();
  kept.reset();  // a late answer to a server that is gone does no harm
}

TEST(Server, TooManyConnectionsAreTurnedAway) {
  const auto server = Started({Get("/", [](const Request&) { return Response::Text("x"); })},
                              {.limits = {.connections_max = 2}});
  Client one({.port = server->Port()});
  Client two({.port = server->Port()});
  EXPECT_EQ(one.Get("/").status, 200);
  EXPECT_EQ(two.Get("/").status, 200);
  RawConnection three(server->Port());
  EXPECT_TRUE(three.Receive(2).starts_with("HTTP/1.1 503"));
}

TEST(Client, OpensAnewWhatTheServerClosed) {
  const auto routes = [] {
    return std::vector<Route>{Echo(), Get("/", [](const Request&) { return Response::Text("x"); })};
  };
  auto server = Started(routes(), {.limits = {.idle_timeout = 1ms}});
  Client client({.port = server->Port()});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.Post("/echo", "again").body, "again");
    while (server->Load().connections > 0) std::this_thread::yield();
  }
}

TEST(Client, NamesWhatWentWrong) {
  const auto code = [](auto call) {
    try {
      call();
    } catch (const Error& error) {
      return std::optional(error.code());
    }
    return std::optional<Code>();
  };
  std::optional<Reply> kept;
  auto server = Started(
      {{.method = "GET",
        .pattern = "/never",
        .handler = [&](const Request&, Reply reply) { kept.emplace(std::move(reply)); }},
       Get("/large", [](const Request&) { return Response::Text(std::string(5000, 'x')); })});
  Client hasty({.port = server->Port(), .timeout = 50ms, .response_bytes_max = 1000});
  EXPECT_EQ(code([&] { hasty.Get("/never"); }), Code::kTimeout);
  EXPECT_EQ(code([&] { hasty.Get("/large"); }), Code::kTooLarge);
  for (const ClientRequest& split :
       {ClientRequest{.method = "GET / HTTP/1.1\r\n"}, ClientRequest{.target = "/a\r\nX: y"},
        ClientRequest{.target = "/a b"}, ClientRequest{.target = ""},
        ClientRequest{.headers = {{"A\r\nB", "c"}}},
        ClientRequest{.headers = {{"A", "b\r\nC: d"}}}}) {
    EXPECT_EQ(code([&] { hasty.Send(split); }), Code::kBadRequest);
  }
  const uint16_t port = server->Port();
  server->Stop();
  EXPECT_EQ(code([&] { Client({.port = port}).Get("/"); }), Code::kIo);
}

}  // namespace
}  // namespace keelrow::http
