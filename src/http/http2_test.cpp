#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "base/files.h"
#include "base/process.h"
#include "http/certificates_for_test.h"
#include "http/client.h"
#include "http/encoding.h"
#include "http/http2_raw_for_test.h"
#include "http/server.h"

namespace keelrow::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Http2 : public testing::Test {
 protected:
  void Serve(Limits limits = {}, std::optional<TlsServerOptions> tls = {}) {
    server_ = std::make_unique<Server>(
        ServerOptions{.limits = limits, .tls = std::move(tls)},
        Router({{.method = "POST", .pattern = "/echo", .handler = Sync(Echo)},
                {.method = "POST",
                 .pattern = "/work",
                 .handler = Sync(Echo),
                 .run_on = RunOn::kWorkers},
                {.method = "GET",
                 .pattern = "/",
                 .handler = Sync([](const Request& request) {
                   Response response = Response::Text("hello");
                   response.headers.Add("X-Host",
                                        std::string(request.headers.Find("Host").value_or("")));
                   return response;
                 })}}));
    server_->Start();
  }
  static Response Echo(const Request& request) {
    return {.status = 200,
            .headers = {{"Content-Type", "text/plain"},
                        {"X-Length",
                         std::string(request.headers.Find("Content-Length").value_or("none"))}},
            .body = request.body};
  }

  std::string Curl(std::vector<std::string> arguments, const std::string& path,
                   const std::string& scheme = "http") const {
    std::vector<std::string> command = {"/usr/bin/curl", "-sS", "--max-time", "20"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.push_back(scheme + "://localhost:" + std::to_string(server_->Port()) + path);
    std::string output;
    Process curl({.arguments = command, .log = folder_.path() / "curl.log"});
    const ExitStatus status = curl.Wait([&](const std::string& line) { output += line + "\n"; });
    return status.ok() ? output : ReadFile(folder_.path() / "curl.log");
  }

  TemporaryFolder folder_;
  std::unique_ptr<Server> server_;
};

TEST_F(Http2, CurlIsAtHomeWithPriorKnowledge) {
  Serve();
  const std::vector<std::string> say = {"--http2-prior-knowledge", "-w", "|%{http_version}"};
  EXPECT_EQ(Curl(say, "/"), "hello|2\n");
  std::vector<std::string> post = say;
  post.insert(post.end(), {"-d", "a body"});
  EXPECT_EQ(Curl(post, "/work"), "a body|2\n");
  std::vector<std::string> head = say;
  head.push_back("-I");
  EXPECT_THAT(Curl(head, "/"), HasSubstr("content-length: 5"));
  EXPECT_THAT(Curl(say, "/none"), HasSubstr("there is nothing at /none"));
  EXPECT_EQ(Curl({"-w", "|%{http_version}"}, "/"), "hello|1.1\n");
}

TEST_F(Http2, TlsAgreesOnIt) {
  const Certified ca = Certify({.name = "test authority", .authority = true});
  Write(folder_.path(), "ca", ca);
  Write(folder_.path(), "server", Certify({.name = "server", .alternative = "DNS:localhost"}, &ca));
  Serve({}, TlsServerOptions{.certificate = folder_.path() / "server.pem",
                             .key = folder_.path() / "server.key"});
  const std::string file = folder_.path() / "ca.pem";
  const std::vector<std::string> say = {"--cacert", file, "-w", "|%{http_version}"};
  EXPECT_EQ(Curl(say, "/", "https"), "hello|2\n");
  std::vector<std::string> old = say;
  old.push_back("--http1.1");
  EXPECT_EQ(Curl(old, "/", "https"), "hello|1.1\n");
  std::string text;
  while (text.size() < size_t{9} << 20) text += std::string(8191, 'x') + '\n';
  WriteFileDurably(folder_.path() / "large", text);
  std::vector<std::string> large = say;
  large.insert(large.end(), {"--data-binary", "@" + (folder_.path() / "large").string()});
  EXPECT_EQ(Curl(large, "/echo", "https"), text + "|2\n");
}

TEST_F(Http2, StreamsAreAnsweredAsTheyAreReadyAndLargeBodiesComeWhole) {
  Serve();
  Http2Raw client(server_->Port());
  std::string frames = PostHead(1, "/echo", {{"content-length", "6"}}) + GetFrame(3, "/");
  frames += Frame(kData, 0, 1, "abc") + Frame(kData, kEndStream, 1, "def");
  frames += PostHead(5, "/work") + Frame(kData, kEndStream, 5, "");
  client.Send(frames);
  EXPECT_EQ(client.Answer(3).body, "hello");
  EXPECT_EQ(client.Answer(3).head.Find("x-host"), "x");
  EXPECT_EQ(client.Answer(1).body, "abcdef");
  EXPECT_EQ(client.Answer(1).head.Find("x-length"), "6");
  EXPECT_EQ(client.Answer(5).Status(), "200");
  EXPECT_EQ(client.Answer(5).head.Find("content-length"), "0");
}

TEST_F(Http2, CompressedBodiesAreUndone) {
  Serve();
  Http2Raw client(server_->Port());
  const std::string text(300'000, 'z');
  client.Send(PostHead(1, "/echo", {{"content-encoding", "gzip"}}) +
              Frame(kData, kEndStream, 1, Gzip(text)));
  client.Send(Frame(kWindowUpdate, 0, 1, BigEndian(1 << 20)) +
              Frame(kWindowUpdate, 0, 0, BigEndian(1 << 20)));
  EXPECT_EQ(client.Answer(1).body, text);
}

TEST_F(Http2, AStopFinishesWhatIsInFlight) {
  std::latch inside(1), go_on(1);
  server_ = std::make_unique<Server>(ServerOptions{}, Router({{.method = "GET",
                                                               .pattern = "/",
                                                               .handler = Sync([&](const Request&) {
                                                                 inside.count_down();
                                                                 go_on.wait();
                                                                 return Response::Text("done");
                                                               }),
                                                               .run_on = RunOn::kWorkers}}));
  server_->Start();
  Http2Raw client(server_->Port()), idle(server_->Port());
  client.Send(GetFrame(1, "/"));
  inside.wait();
  std::thread stop([&] { EXPECT_TRUE(server_->Stop(20s)); });
  EXPECT_EQ(idle.Goodbye(), 0u);
  EXPECT_EQ(client.Goodbye(), 0u);
  go_on.count_down();
  EXPECT_EQ(client.Answer(1).body, "done");
  EXPECT_TRUE(client.WaitForClose());
  stop.join();
}

TEST_F(Http2, AClientThatIsGoneCancelsItsRequest) {
  std::latch inside(1);
  std::atomic<bool> cancelled{false};
  server_ = std::make_unique<Server>(ServerOptions{},
                                     Router({{.method = "GET",
                                              .pattern = "/",
                                              .handler = Sync([&](const Request& request) {
                                                inside.count_down();
                                                while (!request.Abandoned())
                                                  std::this_thread::yield();
                                                cancelled = true;
                                                return Response::Text("too late");
                                              }),
                                              .run_on = RunOn::kWorkers}}));
  server_->Start();
  Http2Raw client(server_->Port());
  client.Send(GetFrame(1, "/"));
  inside.wait();
  client.Send(Frame(kReset, 0, 1, BigEndian(NGHTTP2_CANCEL)) + Frame(kPing, 0, 0, "12345678"));
  EXPECT_TRUE(client.ReadUntil([&] { return client.pings > 0; }));
  server_.reset();
  EXPECT_TRUE(cancelled);
  EXPECT_FALSE(client.streams[1].ended);
}

}  // namespace
}  // namespace keelrow::http
