// What strangers do with HTTP/2. Each is refused or bounded, and the server goes on serving others.

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "http/client.h"
#include "http/encoding.h"
#include "http/grpc.h"
#include "http/http2_raw_for_test.h"
#include "http/server.h"

namespace keelrow::http {
namespace {

using namespace std::chrono_literals;

class Http2Attack : public testing::Test {
 protected:
  explicit Http2Attack(Limits limits = {.header_bytes_max = 16 << 10,
                                        .body_bytes_max = 1 << 20,
                                        .header_timeout = 150ms,
                                        .body_timeout = 150ms,
                                        .body_bytes_per_second_min = 1 << 20,
                                        .idle_timeout = 300ms,
                                        .write_timeout = 300ms,
                                        .streams_max = 16})
      : server_({.limits = limits}, Routes()) {
    server_.Start();
  }
  ~Http2Attack() override {
    go_on_ = true;
    Http2Raw client(server_.Port());
    client.Send(PostHead(1, "/echo") + Frame(kData, kEndStream, 1, "still here"));
    EXPECT_EQ(client.Answer(1).body, "still here");
  }

  Router Routes() {
    const Handler echo = Sync([](const Request& request) { return Response::Text(request.body); });
    const Handler large =
        Sync([](const Request&) { return Response::Text(std::string(size_t{8} << 20, 'x')); });
    const Handler hold = [this](const Request&, Reply reply) {
      ++held_;
      while (!go_on_) std::this_thread::yield();  // and does not look whether anybody waits
      reply(Response::Text("held"));
    };
    return Router(
        {{.method = "POST", .pattern = "/echo", .handler = echo},
         {.method = "GET", .pattern = "/large", .handler = large},
         {.method = "GET", .pattern = "/fields", .handler = Sync([](const Request&) {
                                                   Response response;
                                                   response.headers.Add("x-a",
                                                                        std::string(100'000, 'a'));
                                                   return response;
                                                 })},
         {.method = "GET", .pattern = "/hold", .handler = hold, .run_on = RunOn::kWorkers}});
  }

  void ExpectCalmed(const std::string& frame, int most) {
    Http2Raw client(server_.Port());
    for (int i = 0; i < most && !client.goodbye; i += 100) {
      std::string many;
      for (int k = 0; k < 100; ++k) many += frame;
      if (!client.Send(many)) break;
      client.ReadUntil([&] { return client.goodbye.has_value(); }, 0ms);
    }
    // Without a goodbye, if too many answers waited to be sent at once.
    EXPECT_EQ(client.Goodbye().value_or(NGHTTP2_ENHANCE_YOUR_CALM), NGHTTP2_ENHANCE_YOUR_CALM);
    EXPECT_TRUE(client.WaitForClose());
  }

  std::atomic<bool> go_on_{false};
  std::atomic<int> held_{0};
  Server server_;
};

TEST_F(Http2Attack, RapidReset) {  // CVE-2023-44487
  Http2Raw client(server_.Port());
  bool open = true;
  uint32_t id = 1;
  for (; open && id < 20'000; id += 2) {
    open = client.Send(GetFrame(id, "/hold") + Frame(kReset, 0, id, BigEndian(NGHTTP2_CANCEL)));
  }
  EXPECT_TRUE(client.Goodbye()) << "it may not go on for ever";
  EXPECT_TRUE(client.WaitForClose());
  EXPECT_LE(held_, 16) << "what was reset still counts while a handler has it";
}

TEST_F(Http2Attack, MakingTheServerReset) {  // CVE-2025-8671
  Http2Raw client(server_.Port());
  bool open = true;
  for (uint32_t id = 1; open && id < 20'000 && !client.goodbye; id += 2) {
    // An increment of 0 is an error of the stream, which the server must reset.
    open = client.Send(GetFrame(id, "/hold") + Frame(kWindowUpdate, 0, id, BigEndian(0)));
    client.ReadUntil([&] { return client.goodbye.has_value(); }, 0ms);
  }
  EXPECT_TRUE(client.Goodbye());
  EXPECT_LE(held_, 16);
}

TEST_F(Http2Attack, MoreStreamsThanAllowed) {
  Http2Raw client(server_.Port());
  std::string frames;
  for (uint32_t i = 0; i < 40; ++i) frames += GetFrame(2 * i + 1, "/hold");
  client.Send(frames);
  EXPECT_EQ(client.Goodbye(), uint32_t{NGHTTP2_PROTOCOL_ERROR});
  EXPECT_LE(held_, 16);
}

TEST_F(Http2Attack, StreamsThatWereResetCountWhileHandlersHaveThem) {
  Http2Raw client(server_.Port());
  std::string frames;
  for (uint32_t id = 1; id < 32; id += 2) {
    frames += GetFrame(id, "/hold") + Frame(kReset, 0, id, BigEndian(NGHTTP2_CANCEL));
  }
  client.Send(frames + GetFrame(33, "/hold"));
  EXPECT_EQ(client.Answer(33).reset, uint32_t{NGHTTP2_REFUSED_STREAM}) << "may be asked again";
  go_on_ = true;
  for (uint32_t id = 35; client.streams[id - 2].reset && id < 20'000; id += 2) {
    client.Send(GetFrame(id, "/hold"));
    if (client.Answer(id).ended) EXPECT_EQ(client.streams[id].body, "held");
  }
}

TEST_F(Http2Attack, ContinuationFlood) {  // CVE-2024-28182
  Http2Raw client(server_.Port());
  bool open = client.Send(Frame(kHeaders, kEndStream, 1, Block(RequestFields("GET", "/large"))));
  const std::string more = Block({{"x-a", std::string(1000, 'a')}});
  for (int i = 0; open && i < 10'000; ++i) open = client.Send(Frame(kContinuation, 0, 1, more));
  EXPECT_TRUE(client.WaitForClose());
  EXPECT_FALSE(client.streams[1].ended);
}

TEST_F(Http2Attack, EmptyContinuations) {
  Http2Raw client(server_.Port());
  bool open = client.Send(Frame(kHeaders, kEndStream, 1, Block(RequestFields("GET", "/large"))));
  for (int i = 0; open && i < 10'000; ++i) open = client.Send(Frame(kContinuation, 0, 1, ""));
  EXPECT_TRUE(client.WaitForClose());
}

TEST_F(Http2Attack, PingFlood) {
  ExpectCalmed(Frame(kPing, 0, 0, "12345678"), 100'000);
}

TEST_F(Http2Attack, SettingsFlood) {
  ExpectCalmed(Frame(kSettings, 0, 0, ""), 100'000);
}

TEST_F(Http2Attack, PriorityAndWindowUpdateFlood) {
  ExpectCalmed(Frame(kPriority, 0, 1, BigEndian(0) + "x"), 100'000);
  ExpectCalmed(Frame(kWindowUpdate, 0, 0, BigEndian(1)), 100'000);
}

TEST_F(Http2Attack, UnreadPings) {
  Http2Raw client(server_.Port());
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += Frame(kPing, 0, 0, "12345678");
  client.Send(many);
  EXPECT_TRUE(client.WaitForClose());
}

TEST_F(Http2Attack, EmptyDataFlood) {
  Http2Raw client(server_.Port());
  client.Send(PostHead(1, "/echo"));
  bool open = true;
  for (int i = 0; open && i < 200'000; ++i) open = client.Send(Frame(kData, 0, 1, ""));
  EXPECT_TRUE(client.WaitForClose());
  EXPECT_EQ(client.streams[1].head.size(), 0u);
}

TEST_F(Http2Attack, PaddingAloneIsOfNoUse) {
  Http2Raw client(server_.Port());
  client.Send(PostHead(1, "/echo"));
  const std::string padded = std::string(1, '\x7f') + std::string(127, '\0');
  bool open = true;
  constexpr uint8_t kPadded = 8;
  for (int i = 0; open && i < 100'000; ++i) open = client.Send(Frame(kData, kPadded, 1, padded));
  EXPECT_TRUE(client.WaitForClose());
}

TEST_F(Http2Attack, LargeHeaders) {
  Http2Raw client(server_.Port());
  std::string block = Block(RequestFields("GET", "/large"));
  for (int i = 0; i < 8; ++i) block += Hpack("x-a", std::string(4000, 'a'));
  client.Send(Frame(kHeaders, kEndStream, 1, block.substr(0, 16'000)) +
              Frame(kContinuation, kEndHeaders, 1, block.substr(16'000)));
  EXPECT_EQ(client.Answer(1).Status(), "431");
}

TEST_F(Http2Attack, HpackBomb) {
  Http2Raw client(server_.Port());
  // An entry of 4,000 bytes in the table, then 12,000 references of one byte: 48 MB of fields.
  std::string block = Block(RequestFields("GET", "/large"));
  std::string entry = Hpack("x-a", std::string(3'900, 'a'));
  entry[0] = '\x40';
  block += entry + std::string(12'000, static_cast<char>(0x80 | 62));
  client.Send(Frame(kHeaders, kEndStream | kEndHeaders, 1, block));
  EXPECT_EQ(client.Answer(1).Status(), "431");
}

TEST_F(Http2Attack, SlowHeaders) {
  Http2Raw client(server_.Port());
  const std::string frame = GetFrame(1, "/large");
  client.Send(Frame(kHeaders, kEndStream, 1, Block(RequestFields("GET", "/large"))));
  EXPECT_EQ(client.Goodbye(), uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
  EXPECT_TRUE(client.WaitForClose());
  Http2Raw half(server_.Port());
  half.Send(frame.substr(0, 5));
  EXPECT_EQ(half.Goodbye(), uint32_t{NGHTTP2_NO_ERROR}) << "idle";
  RawConnection preface(server_.Port());
  preface.Send("PRI * HT");
  EXPECT_TRUE(preface.WaitForClose());
}

TEST_F(Http2Attack, SlowBody) {
  Http2Raw client(server_.Port());
  client.Send(PostHead(1, "/echo") + Frame(kData, 0, 1, "a"));
  EXPECT_EQ(client.Answer(1).Status(), "408");
  EXPECT_EQ(client.streams[1].reset.value_or(0), uint32_t{NGHTTP2_NO_ERROR});
}

TEST_F(Http2Attack, IdleConnectionsAreLetGo) {
  Http2Raw client(server_.Port());
  EXPECT_EQ(client.Goodbye(), uint32_t{NGHTTP2_NO_ERROR});
  EXPECT_TRUE(client.WaitForClose());
}

TEST_F(Http2Attack, LargeBodies) {
  Http2Raw client(server_.Port());
  client.Send(PostHead(1, "/echo", {{"content-length", "1048577"}}));
  EXPECT_EQ(client.Answer(1).Status(), "413");
  std::string frames = PostHead(3, "/echo");
  for (int i = 0; i < 65; ++i) frames += Frame(kData, 0, 3, std::string(16'384, 'b'));
  client.Send(frames);
  EXPECT_EQ(client.Answer(3).Status(), "413");
}

TEST_F(Http2Attack, GzipBombs) {
  const std::string bomb = Gzip(std::string(size_t{64} << 20, '\0'));
  Http2Raw client(server_.Port());
  client.Send(PostHead(1, "/echo", {{"content-encoding", "gzip"}}));
  for (size_t at = 0; at < bomb.size(); at += 16'384) {
    client.Send(Frame(kData, 0, 1, std::string_view(bomb).substr(at, 16'384)));
  }
  EXPECT_EQ(client.Answer(1).Status(), "413");
  client.Send(
      PostHead(3, "/echo", {{"content-type", "application/grpc"}, {"grpc-encoding", "gzip"}}) +
      Frame(kData, kEndStream, 3, GrpcFrame(bomb, true).substr(0, 16'384)));
  EXPECT_EQ(client.Answer(3).head.Find("grpc-status"), "8") << "resource exhausted";
}

TEST_F(Http2Attack, WindowStall) {
  // Of 8 MB the client takes 65,535 bytes, and never says that it has read them.
  Http2Raw client(server_.Port());
  client.Send(GetFrame(1, "/large"));
  client.ReadUntil([&] { return client.streams[1].reset.has_value(); });
  EXPECT_EQ(client.streams[1].reset, uint32_t{NGHTTP2_CANCEL});
  EXPECT_EQ(client.streams[1].body.size(), 65'535u);
}

TEST_F(Http2Attack, AClientThatDoesNotRead) {
  Http2Raw client(server_.Port(), Frame(kSettings, 0, 0, BigEndian(4, 2) + BigEndian(1 << 30)));
  std::string frames = Frame(kWindowUpdate, 0, 0, BigEndian(1 << 30));
  for (uint32_t id = 1; id < 20; id += 2) frames += GetFrame(id, "/large");
  client.Send(frames);
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (server_.Load().connections > 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(server_.Load().connections, 0u);
}

TEST_F(Http2Attack, WindowsDoNotOverflow) {
  Http2Raw client(server_.Port());
  client.Send(Frame(kWindowUpdate, 0, 0, BigEndian(0x7fffffff)));
  EXPECT_EQ(client.Goodbye(), uint32_t{NGHTTP2_FLOW_CONTROL_ERROR});
}

TEST_F(Http2Attack, FieldsThatWouldBecomeAnothersHeader) {
  for (const FieldList& more : {FieldList{{"x-a", "b\r\nx-b: c"}},
                                {{"x-a", std::string("b\0c", 3)}},
                                {{"transfer-encoding", "chunked"}},
                                {{"connection", "close"}},
                                {{"X-Upper", "b"}},
                                {{"content-length", "5"}, {"content-length", "6"}},
                                {{"content-length", "-1"}},
                                {{":path", "/other"}},
                                {{"x a", "b"}}}) {
    Http2Raw client(server_.Port());
    client.Send(PostHead(1, "/echo", more) + Frame(kData, kEndStream, 1, "12345"));
    EXPECT_TRUE(client.Answer(1).reset.has_value() || client.streams[1].Status() == "400")
        << more[0].first << ": " << client.streams[1].Status();
  }
}

TEST_F(Http2Attack, ABodyThatIsNotAsLongAsItSays) {
  Http2Raw client(server_.Port());
  client.Send(PostHead(1, "/echo", {{"content-length", "9"}}) +
              Frame(kData, kEndStream, 1, "12345"));
  EXPECT_EQ(client.Answer(1).reset, uint32_t{NGHTTP2_PROTOCOL_ERROR});
}

TEST_F(Http2Attack, AnAnswerWithTooManyFieldsIsNotWaitedFor) {
  Http2Raw client(server_.Port());
  client.Send(GetFrame(1, "/fields"));
  EXPECT_EQ(client.Answer(1).reset, uint32_t{NGHTTP2_INTERNAL_ERROR});
}

TEST_F(Http2Attack, FramesThatMakeNoSense) {
  for (const std::string& frame :
       {Frame(kData, 0, 0, "x"), Frame(kHeaders, kEndHeaders, 0, "x"),
        Frame(kHeaders, kEndHeaders, 2, Block(RequestFields("GET", "/large"))),
        Frame(kContinuation, kEndHeaders, 1, "x"), Frame(kPing, 0, 0, "short"),
        Frame(kSettings, 0, 0, "12345"), Frame(kData, 0, 1, "", 0xffffff),
        Frame(kHeaders, kEndHeaders, 1, std::string(100, '\xff')), std::string(1000, '\xff')}) {
    Http2Raw client(server_.Port());
    client.Send(frame);
    EXPECT_TRUE(client.WaitForClose());
  }
}

class Http2Budget : public Http2Attack {
 protected:
  Http2Budget() : Http2Attack({.body_bytes_max = 1 << 20, .bodies_bytes_max = 1 << 20}) {}
};

TEST_F(Http2Budget, BodiesOfAllStreamsHaveOneBudget) {
  Http2Raw client(server_.Port());
  const std::string part(16'384, 'a');
  std::string frames;
  for (uint32_t id = 1; id < 8; id += 2) {
    frames += PostHead(id, "/echo");
    for (int i = 0; i < 30; ++i) frames += Frame(kData, 0, id, part);
  }
  client.Send(frames);
  const auto refused = [&] {
    return std::ranges::any_of(client.streams,
                               [](const auto& s) { return s.second.Status() == "503"; });
  };
  EXPECT_TRUE(client.ReadUntil(refused));
}

}  // namespace
}  // namespace keelrow::http
