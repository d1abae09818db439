#include "http/encoding.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/random.h"
#include "http/client.h"
#include "http/compression.h"
#include "http/raw_connection.h"
#include "http/server.h"

namespace keelrow::http {
namespace {

using namespace std::chrono_literals;

/// The zlib format, made by zlib's own one-call function.
std::string Deflated(std::string_view text) {
  uLongf size = ::compressBound(text.size());
  std::string out(size, '\0');
  ::compress(reinterpret_cast<Bytef*>(out.data()), &size,
             reinterpret_cast<const Bytef*>(text.data()), text.size());
  out.resize(size);
  return out;
}

std::string Noise(size_t size) {
  Random random(6, "encoding-test", {size});
  std::string text;
  for (size_t i = 0; i < size; ++i) text += static_cast<char>('a' + random.Next() % 26);
  return text;
}

/// The whole of it, fed in pieces of `piece` bytes.
Expected<std::string> Inflated(Coding coding, std::string_view bytes, InflateLimits limits,
                               size_t piece) {
  Inflater inflater(coding, limits);
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    std::string_view left = bytes.substr(at, piece);
    for (bool more = true; more;) {
      const size_t before = out.size();
      const Expected<bool> step = inflater.Step(left, out);
      if (!step) return step.error();
      EXPECT_LE(out.size() - before, Inflater::kStepBytes);
      more = *step;
    }
  }
  if (!inflater.finished()) return Error(Code::kBadRequest, "cut off");
  return out;
}

TEST(Inflater, GivesBackWhatWasCompressedWhateverThePieces) {
  const InflateLimits limits{.bytes_max = 1 << 20};
  for (const std::string& text : {std::string(), std::string("a"), Noise(300'000)}) {
    for (const size_t piece : {size_t{1}, size_t{7}, size_t{65536}, size_t{1} << 24}) {
      const auto gzip = Inflated(Coding::kGzip, Gzip(text), limits, piece);
      ASSERT_TRUE(gzip.ok());
      EXPECT_EQ(*gzip, text);
      const auto deflate = Inflated(Coding::kDeflate, Deflated(text), limits, piece);
      ASSERT_TRUE(deflate.ok());
      EXPECT_EQ(*deflate, text);
    }
  }
}

TEST(Inflater, TakesSeveralGzipMembersAndNothingElseBehindTheEnd) {
  const InflateLimits limits{.bytes_max = 1 << 20};
  EXPECT_EQ(*Inflated(Coding::kGzip, Gzip("one ") + Gzip("two"), limits, 5), "one two");
  for (const auto& [coding, bytes] : {std::pair(Coding::kGzip, Gzip("one") + "tail"),
                                      {Coding::kDeflate, Deflated("one") + "x"},
                                      {Coding::kGzip, std::string("no gzip at all")},
                                      {Coding::kDeflate, Gzip("other format")},
                                      {Coding::kGzip, Gzip("cut off").substr(0, 15)},
                                      {Coding::kGzip, std::string(1, '\x1f')}}) {
    const auto result = Inflated(coding, bytes, limits, 4096);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code(), Code::kBadRequest);
  }
  std::string broken = Gzip(Noise(1000));
  broken[broken.size() - 6] ^= 1;  // in its checksum
  EXPECT_EQ(Inflated(Coding::kGzip, broken, limits, 4096).error().code(), Code::kBadRequest);
}

TEST(Inflater, StopsAtItsLimitsBeforeTheBombIsOut) {
  const std::string bomb = Gzip(std::string(64 << 20, '\0'));
  ASSERT_LT(bomb.size(), size_t{400} << 10);
  for (const InflateLimits limits :
       {InflateLimits{.bytes_max = 1 << 20, .ratio_max = 1 << 20}, {.bytes_max = 1 << 30}}) {
    Inflater inflater(Coding::kGzip, limits);
    std::string_view left = bomb;
    std::string out;
    Expected<bool> step = true;
    while (step && *step) step = inflater.Step(left, out);
    ASSERT_FALSE(step.ok());
    EXPECT_EQ(step.error().code(), Code::kTooLarge);
    EXPECT_LE(out.size(), size_t{2} << 20);
  }
  const auto zeros =
      Inflated(Coding::kGzip, Gzip(std::string(1 << 20, '\0')), {.bytes_max = 1 << 20}, 4096);
  EXPECT_TRUE(zeros.ok()) << "an ordinary tensor of zeros is no bomb";
}

TEST(Coding, IsReadFromTheHeaders) {
  EXPECT_EQ(CodingOf({}), Coding::kIdentity);
  EXPECT_EQ(CodingOf({{"content-encoding", "GZIP"}}), Coding::kGzip);
  EXPECT_EQ(CodingOf({{"Content-Encoding", " deflate "}}), Coding::kDeflate);
  EXPECT_EQ(CodingOf({{"Content-Encoding", "identity"}}), Coding::kIdentity);
  EXPECT_EQ(CodingOf({{"Content-Encoding", "br"}}), std::nullopt);
  EXPECT_EQ(CodingOf({{"Content-Encoding", "gzip, gzip"}}), std::nullopt);
  EXPECT_EQ(CodingOf({{"Content-Encoding", "gzip"}, {"Content-Encoding", "gzip"}}), std::nullopt);
  const auto accepts = [](const char* value) { return AcceptsGzip({{"Accept-Encoding", value}}); };
  EXPECT_FALSE(AcceptsGzip({}));
  EXPECT_TRUE(accepts("gzip, deflate, br"));
  EXPECT_TRUE(accepts("br;q=1.0, *;q=0.5"));
  EXPECT_TRUE(accepts("deflate,gzip;q=0.001"));
  EXPECT_FALSE(accepts("gzip;q=0, *"));
  EXPECT_FALSE(accepts("deflate, br"));
  EXPECT_FALSE(accepts("gzip; q=0.0"));
  EXPECT_FALSE(accepts("*;q=0"));
}

/// Echoes, and says what the handler saw of the header.
Route Echo(RunOn run_on, std::string pattern) {
  return {.method = "POST",
          .pattern = std::move(pattern),
          .handler = Sync([](const Request& request) {
            Response response{.body = request.body};
            response.headers.Add("Content-Type",
                                 std::string(request.headers.Find("Content-Type").value_or("")));
            response.headers.Add(
                "Seen", std::string(request.headers.Find("Content-Encoding").value_or("none")) +
                            " " + std::string(request.headers.Find("Content-Length").value_or("")));
            return response;
          }),
          .run_on = run_on};
}

class Compressed : public testing::Test {
 protected:
  Compressed()
      : server_({.limits = {.body_bytes_max = 4 << 20, .bodies_bytes_max = 1}},
                Router({Echo(RunOn::kIo, "/io"), Echo(RunOn::kWorkers, "/work")}, {Compress()})) {
    server_.Start();
  }
  Response Ask(const std::string& path, const std::string& body, Headers headers) {
    Client client({.port = server_.Port()});
    return client.Post(path, body, std::move(headers));
  }
  Server server_;
};

TEST_F(Compressed, RequestsAreUndoneBeforeTheHandler) {
  const std::string text = Noise(3 << 20);
  for (const auto& [name, bytes] :
       {std::pair("gzip", Gzip(text)), {"deflate", Deflated(text)}, {"identity", text}}) {
    const Response answer = Ask("/io", bytes, {{"Content-Encoding", name}});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, text);
    const bool plain = std::string_view(name) == "identity";
    EXPECT_EQ(answer.headers.Find("Seen"),
              (plain ? "identity " : "none ") + std::to_string(text.size()));
  }
  EXPECT_EQ(Ask("/io", "", {{"Content-Encoding", "gzip"}}).status, 200);
}

TEST_F(Compressed, ChunksAndPipeliningStayWhole) {
  const std::string gzip = Gzip("one") + Gzip("two");
  std::string chunks;
  for (const char c : gzip) chunks += std::string("1\r\n") + c + "\r\n";
  RawConnection raw(server_.Port());
  const std::string head = "POST /io HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n";
  raw.Send(head + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n" + head +
           "Content-Length: " + std::to_string(gzip.size()) + "\r\n\r\n" + gzip +
           "POST /io HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nplain");
  const std::string answers = raw.Receive(3);
  const size_t first = answers.find("\r\n\r\nonetwo");
  const size_t second = answers.find("\r\n\r\nonetwo", first + 1);
  EXPECT_NE(second, std::string::npos) << answers;
  EXPECT_TRUE(answers.ends_with("\r\n\r\nplain")) << answers;
}

TEST_F(Compressed, UnknownCodingsAreRefusedWithThoseThatAreKnown) {
  for (const char* coding : {"br", "gzip, gzip", "zstd", "GZIP; q=1"}) {
    const Response answer = Ask("/io", "x", {{"Content-Encoding", coding}});
    EXPECT_EQ(answer.status, 415) << coding;
    EXPECT_EQ(answer.headers.Find("Accept-Encoding"), "gzip, deflate");
  }
}

TEST_F(Compressed, AnswersAreGzipForWhoAcceptsIt) {
  const std::string text(100'000, 'j');
  const Headers json = {{"Content-Type", "application/json"}, {"Accept-Encoding", "gzip"}};
  for (const char* path : {"/io", "/work"}) {
    const Response answer = Ask(path, text, json);
    EXPECT_EQ(answer.headers.Find("Content-Encoding"), "gzip");
    EXPECT_EQ(answer.headers.Find("Vary"), "Accept-Encoding");
    EXPECT_LT(answer.body.size(), 1000u);
    EXPECT_EQ(*Inflated(Coding::kGzip, answer.body, {.bytes_max = 1 << 20}, 4096), text);
  }
  const Response plain = Ask("/io", text, {{"Content-Type", "application/json"}});
  EXPECT_EQ(plain.body, text);
  EXPECT_EQ(plain.headers.Find("Vary"), "Accept-Encoding");
}

TEST_F(Compressed, SmallBinaryAndLargeOnIoStayPlain) {
  const auto coding = [&](const char* path, size_t size, const char* type) {
    const Response answer =
        Ask(path, std::string(size, 'x'), {{"Content-Type", type}, {"Accept-Encoding", "gzip"}});
    EXPECT_EQ(answer.status, 200);
    return std::string(answer.headers.Find("Content-Encoding").value_or("none"));
  };
  EXPECT_EQ(coding("/io", 1'399, "application/json"), "none");
  EXPECT_EQ(coding("/io", 1'400, "text/plain; charset=utf-8"), "gzip");
  EXPECT_EQ(coding("/io", 100'000, "application/octet-stream"), "none");
  EXPECT_EQ(coding("/io", 100'000, "text/event-stream; charset=utf-8"), "none");
  EXPECT_EQ(coding("/io", 1 << 20, "application/json"), "none");
  EXPECT_EQ(coding("/work", 1 << 20, "application/json"), "gzip");
}

}  // namespace
}  // namespace keelrow::http
