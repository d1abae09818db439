#include "http/grpc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "http/body_reader.h"
#include "http/client.h"
#include "http/http2_raw_for_test.h"
#include "http/server.h"

namespace keelrow::http {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(BodyReader, TakesMessagesApartWhereverTheyAreCut) {
  const std::string zipped = Gzip("second, compressed");
  const std::string bytes = GrpcFrame("first") + GrpcFrame(zipped, true) + GrpcFrame("") +
                            GrpcFrame(std::string(100'000, 'x'));
  for (const size_t piece : {size_t{1}, size_t{3}, size_t{4096}, bytes.size()}) {
    BodyReader reader(BodyReader::Framing::kMessages, Coding::kGzip, {.bytes_max = 1 << 20});
    std::vector<std::string> messages;
    std::string body;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      std::string_view input = std::string_view(bytes).substr(at, piece);
      auto step = BodyReader::Step::kMessage;
      while (step == BodyReader::Step::kWorking || !input.empty()) {
        step = reader.Take(input, body).Value();
        if (step == BodyReader::Step::kMessage) messages.push_back(std::exchange(body, {}));
      }
    }
    EXPECT_THAT(messages,
                ElementsAre("first", "second, compressed", "", std::string(100'000, 'x')));
    EXPECT_FALSE(reader.FaultAtEnd());
  }
}

TEST(BodyReader, HostileMessagesAreRefused) {
  const auto code = [](const std::string& bytes, Coding coding = Coding::kGzip) {
    BodyReader reader(BodyReader::Framing::kMessages, coding, {.bytes_max = 1000});
    std::string_view input = bytes;
    std::string body;
    while (!input.empty()) {
      const auto step = reader.Take(input, body);
      if (!step) return step.error().code();
    }
    return reader.FaultAtEnd() ? Code::kIo : Code::kInternal;
  };
  EXPECT_EQ(code(std::string("\2\0\0\0\1x", 6)), Code::kBadRequest);
  EXPECT_EQ(code(std::string("\0\xff\xff\xff\xff", 5)), Code::kTooLarge) << "before it comes";
  EXPECT_EQ(code(std::string("\0\0\0\3\xe9", 5)), Code::kTooLarge) << "1001";
  EXPECT_EQ(code(GrpcFrame("no gzip", true)), Code::kBadRequest);
  EXPECT_EQ(code(GrpcFrame(Gzip("x"), true), Coding::kIdentity), Code::kBadRequest);
  EXPECT_EQ(code(GrpcFrame(Gzip("cut off").substr(0, 12), true)), Code::kBadRequest);
  EXPECT_EQ(code(GrpcFrame(Gzip(std::string(2000, 'x')), true)), Code::kTooLarge);
  EXPECT_EQ(code(std::string("\0\0\0", 3)), Code::kIo) << "ends in a prefix";
  EXPECT_EQ(code(std::string("\0\0\0\0\2x", 6)), Code::kIo) << "ends in a message";
}

TEST(Grpc, EveryCodeHasAStatus) {
  for (const CodeInfo& info : ErrorTable()) {
    EXPECT_NE(GrpcCodeOf(info.code), GrpcCode::kUnknown) << info.name;
    EXPECT_NE(GrpcCodeOf(info.code), GrpcCode::kOk) << info.name;
  }
}

/// A method that takes one message, one that takes many, and what stands around both.
class GrpcServer : public testing::Test {
 protected:
  GrpcServer() {
    const auto answer = [this](const Request& request) {
      ++asked_;
      if (request.body == "fail") throw Error(Code::kBadExample, "50% \xc3\xa9\n");
      if (request.body == "long") throw Error(Code::kBadExample, std::string(30'000, 'm'));
      if (request.body == "stop") return Response{.status = 422, .body = "plain"};
      return Response{.status = request.body == "in band" ? 422 : 200,
                      .headers = {{"Content-Type", kProtobuf}, {"x-note", "n"}},
                      .body = "<" + request.body + ">"};
    };
    const Middleware guard = [](Request& request, Reply reply, const Next& next) {
      if (request.headers.Find("authorization")) return next(request, std::move(reply));
      reply(Response::FromError(Error(Code::kUnauthenticated, "no token")));
    };
    server_ = std::make_unique<Server>(
        ServerOptions{.limits = {.body_bytes_max = 1 << 20}},
        Router({{.method = "POST", .pattern = "/s/One", .handler = Sync(answer)},
                {.method = "POST",
                 .pattern = "/s/Later",
                 .handler = Sync(answer),
                 .run_on = RunOn::kWorkers},
                {.method = "POST",
                 .pattern = "/s/Many",
                 .handler = Sync(answer),
                 .run_on = RunOn::kWorkers,
                 .body = Body::kMessages},
                {.method = "POST", .pattern = "/plain", .handler = Sync([](const Request&) {
                                                          return Response::Text("plain");
                                                        })}},
               {guard}));
    server_->Start();
  }

  static std::string Head(uint32_t id, const std::string& path, FieldList more = {}) {
    more.insert(more.begin(),
                {{"content-type", "application/grpc"}, {"te", "trailers"}, {"authorization", "x"}});
    return PostHead(id, path, more);
  }
  /// The status, wherever it stands, and its message.
  static std::string Status(const StreamSeen& seen) {
    const Headers& fields = seen.trailers.size() > 0 ? seen.trailers : seen.head;
    return std::string(fields.Find("grpc-status").value_or("none")) + " " +
           std::string(fields.Find("grpc-message").value_or(""));
  }

  std::atomic<int> asked_{0};
  std::unique_ptr<Server> server_;
};

TEST_F(GrpcServer, OneMessageIsAnsweredWithOne) {
  Http2Raw client(server_->Port());
  client.Send(Head(1, "/s/One") + Frame(kData, kEndStream, 1, GrpcFrame("hello")));
  const StreamSeen& seen = client.Answer(1);
  EXPECT_EQ(seen.Status(), "200");
  EXPECT_EQ(seen.head.Find("content-type"), "application/grpc");
  EXPECT_EQ(seen.head.Find("x-note"), "n");
  EXPECT_EQ(seen.body, GrpcFrame("<hello>"));
  EXPECT_EQ(Status(seen), "0 ");
  client.Send(Head(3, "/s/One", {{"grpc-encoding", "gzip"}}) +
              Frame(kData, kEndStream, 3, GrpcFrame(Gzip("packed"), true)));
  EXPECT_EQ(client.Answer(3).body, GrpcFrame("<packed>"));
}

TEST_F(GrpcServer, WhateverIsNoMessageBecomesAStatusOfTrailersOnly) {
  Http2Raw client(server_->Port());
  client.Send(Head(1, "/s/One") + Frame(kData, kEndStream, 1, GrpcFrame("fail")));
  EXPECT_EQ(client.Answer(1).Status(), "200");
  EXPECT_EQ(Status(client.Answer(1)), "3 50%25 %C3%A9%0A");
  client.Send(Head(3, "/s/One") + Frame(kData, kEndStream, 3, GrpcFrame("long")));
  EXPECT_EQ(Status(client.Answer(3)), "3 " + std::string(2048, 'm'));
  EXPECT_EQ(client.Answer(1).body, "");
  client.Send(PostHead(5, "/s/One", {{"content-type", "application/grpc+proto"}}) +
              Frame(kData, kEndStream, 5, GrpcFrame("x")));
  EXPECT_EQ(Status(client.Answer(5)), "16 no token");
  client.Send(Head(7, "/s/None") + Frame(kData, kEndStream, 7, GrpcFrame("x")));
  EXPECT_EQ(Status(client.Answer(7)), "12 there is nothing at /s/None");
  client.Send(Head(9, "/plain") + Frame(kData, kEndStream, 9, GrpcFrame("x")));
  EXPECT_EQ(Status(client.Answer(9)), "12 this is no method of gRPC");
  client.Send(Head(11, "/s/One", {{"grpc-encoding", "snappy"}}));
  EXPECT_THAT(Status(client.Answer(11)), testing::StartsWith("12 "));
  EXPECT_EQ(client.Answer(11).head.Find("grpc-accept-encoding"), "identity,gzip,deflate");
  client.Send(Head(13, "/s/Later") + Frame(kData, kEndStream, 13, GrpcFrame("a") + GrpcFrame("b")));
  EXPECT_EQ(Status(client.Answer(13)), "3 a second message came");
  client.Send(Head(15, "/s/One") + Frame(kData, kEndStream, 15, ""));
  EXPECT_EQ(Status(client.Answer(15)), "3 no message came");
  client.Send(Head(17, "/s/One") + Frame(kData, 0, 17, std::string("\0\x7f\0\0\0", 5)));
  EXPECT_THAT(Status(client.Answer(17)), testing::StartsWith("8 "));
}

TEST_F(GrpcServer, OverHttp1TheMessageIsBare) {
  const Response answer =
      Client({.port = server_->Port()})
          .Post("/s/Many", "bare", {{"Content-Type", "application/grpc"}, {"Authorization", "x"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "<bare>");
}

TEST_F(GrpcServer, AStreamIsAnsweredMessageByMessageInOrder) {
  Http2Raw client(server_->Port());
  client.Send(Head(1, "/s/Many") + Frame(kData, 0, 1, GrpcFrame("0")));
  EXPECT_TRUE(client.ReadUntil([&] { return client.streams[1].body == GrpcFrame("<0>"); }))
      << "before the client has said all";
  std::string expected = GrpcFrame("<0>"), frames;
  for (int i = 1; i < 500; ++i) {
    const std::string text = i % 7 == 0 ? "in band" : std::to_string(i);
    frames += Frame(kData, 0, 1, GrpcFrame(text));
    expected += GrpcFrame("<" + text + ">");
  }
  client.Send(frames + Frame(kData, kEndStream, 1, ""));
  EXPECT_EQ(client.Answer(1).body, expected);
  EXPECT_EQ(Status(client.Answer(1)), "0 ");
  EXPECT_EQ(asked_, 500);
}

TEST_F(GrpcServer, AnAnswerThatIsNoMessageEndsAStream) {
  Http2Raw client(server_->Port());
  client.Send(Head(1, "/s/Many") + Frame(kData, 0, 1, GrpcFrame("a") + GrpcFrame("stop")));
  EXPECT_EQ(client.Answer(1).body, GrpcFrame("<a>"));
  EXPECT_EQ(Status(client.Answer(1)), "3 HTTP status 422");
  client.Send(PostHead(3, "/s/Many", {{"content-type", "application/grpc"}}) +
              Frame(kData, 0, 3, GrpcFrame("a")));
  EXPECT_EQ(Status(client.Answer(3)), "16 no token");
}

TEST_F(GrpcServer, AStreamWithoutAMessageEndsWell) {
  Http2Raw client(server_->Port());
  client.Send(Head(1, "/s/Many") + Frame(kData, kEndStream, 1, ""));
  EXPECT_EQ(Status(client.Answer(1)), "0 ");
}

TEST_F(GrpcServer, AStopEndsStreamsWhenTheirMessagesAreAnswered) {
  Http2Raw client(server_->Port());
  client.Send(Head(1, "/s/Many") + Frame(kData, 0, 1, GrpcFrame("a")));
  client.ReadUntil([&] { return !client.streams[1].body.empty(); });
  EXPECT_TRUE(server_->Stop(20s));
  EXPECT_EQ(Status(client.Answer(1)), "14 the server stops");
}

TEST_F(GrpcServer, AClientThatSendsButDoesNotReadIsBounded) {
  Http2Raw client(server_->Port());
  client.Send(Head(1, "/s/Many"));
  const std::string message = GrpcFrame(std::string(100'000, 'm'));
  std::string frames;
  for (size_t at = 0; at < message.size(); at += 16'384) {
    frames += Frame(kData, 0, 1, std::string_view(message).substr(at, 16'384));
  }
  // Its window takes 65,535 bytes of answers, so messages are taken until 1 MiB of them waits.
  for (int i = 0; i < 15; ++i) client.Send(frames);
  client.ReadUntil([&] { return client.streams[1].body.size() == 65'535; });
  EXPECT_LE(asked_, 15);
  EXPECT_GE(asked_, 1);
}

}  // namespace
}  // namespace keelrow::http
