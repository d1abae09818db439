#include "http/form.h"

#include <gtest/gtest.h>

namespace keelrow::http {
namespace {

using namespace std::string_literals;

constexpr const char* kType = "multipart/form-data; boundary=XX";

std::optional<Code> CodeOf(const std::string& body, const std::string& type = kType) {
  const auto parts = ParseMultipart(type, body);
  return parts ? std::nullopt : std::optional(parts.error().code());
}

TEST(Multipart, PartsPointIntoTheBody) {
  const std::string body =
      "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--XX\r\n"
      "content-disposition: form-data; name=\"file\"; filename=\"a;\\\"b\\\".png\"\r\n"
      "Content-Type: image/png\r\n\r\n\r\n--XY\r\n\0bytes\r\n--XX--\r\nepilogue"s;
  const auto parts = ParseMultipart("Multipart/Form-Data; charset=x; boundary=\"XX\"", body);
  ASSERT_TRUE(parts) << parts.error().what();
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ((*parts)[0].name, "a");
  EXPECT_EQ((*parts)[0].data, "one");
  EXPECT_EQ((*parts)[1].filename, "a;\"b\".png");
  EXPECT_EQ((*parts)[1].content_type, "image/png");
  EXPECT_EQ((*parts)[1].data, "\r\n--XY\r\n\0bytes"s);
  EXPECT_GE((*parts)[1].data.data(), body.data());
}

TEST(Multipart, EmptyFormAndEmptyPart) {
  EXPECT_TRUE(ParseMultipart(kType, "--XX--\r\n")->empty());
  const auto parts =
      ParseMultipart(kType, "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--XX--");
  ASSERT_TRUE(parts) << parts.error().what();
  EXPECT_EQ(parts->front().data, "");
}

TEST(Multipart, EveryPrefixIsRefusedNotRead) {
  const std::string body =
      "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--XX--";
  for (size_t size = 0; size < body.size(); ++size) {
    EXPECT_EQ(CodeOf(body.substr(0, size)), Code::kBadRequest) << size;
  }
}

TEST(Multipart, MalformedBodies) {
  EXPECT_EQ(CodeOf("", "application/json"), Code::kBadRequest);
  EXPECT_EQ(CodeOf("--XX--", "multipart/form-data"), Code::kBadRequest);
  EXPECT_EQ(CodeOf("--XX--", "multipart/form-data; boundary="), Code::kBadRequest);
  EXPECT_EQ(CodeOf("--XX--", "multipart/form-data; boundary=" + std::string(71, 'b')),
            Code::kBadRequest);
  EXPECT_EQ(CodeOf("--XX\r\nno colon\r\n\r\nx\r\n--XX--"), Code::kBadRequest);
  EXPECT_EQ(CodeOf("--XX\r\nContent-Type: a/b\r\n\r\nx\r\n--XX--"), Code::kBadRequest);
  EXPECT_EQ(CodeOf("--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--"), Code::kBadRequest);
  EXPECT_EQ(CodeOf("--XX\r\nContent-Disposition: form-data; name=a\r\n"
                   "Content-Transfer-Encoding: base64\r\n\r\nx\r\n--XX--"),
            Code::kBadRequest);
  EXPECT_EQ(CodeOf("--XX\r\nX: " + std::string(5000, 'y') + "\r\n\r\nx\r\n--XX--"),
            Code::kBadRequest);
}

TEST(Multipart, TooManyParts) {
  std::string body;
  for (int i = 0; i < 65; ++i) {
    body += "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n";
  }
  EXPECT_EQ(CodeOf(body + "--XX--"), Code::kLimit);
}

TEST(Multipart, AHostileBoundaryCostsLinearTime) {
  // Sixteen MiB of near-misses; a quadratic scan would take hours, this takes milliseconds. The
  // bound is the test's own time limit.
  const std::string boundary(70, '-');
  const std::string near_miss = "\r\n" + std::string(71, '-') + "x";
  std::string body = "--" + boundary + "\r\nContent-Disposition: form-data; name=a\r\n\r\n";
  while (body.size() < size_t{16} << 20) body += near_miss;
  EXPECT_EQ(CodeOf(body, "multipart/form-data; boundary=" + boundary), Code::kBadRequest);
}

TEST(HeaderParameter, QuotesAndEscapes) {
  EXPECT_EQ(HeaderParameter("a; x=1; y=\"2;3\"; Z = 4", "y"), "2;3");
  EXPECT_EQ(HeaderParameter("a; x=1; y=\"2;3\"; Z = 4", "z"), "4");
  EXPECT_EQ(HeaderParameter("a; y=\"C:\\dir\\f\"", "y"), "C:\\dir\\f");
  EXPECT_EQ(HeaderParameter("a; y=\"open", "y"), std::nullopt);
  EXPECT_EQ(HeaderParameter("a; alone; y=1", "y"), "1");
  EXPECT_EQ(HeaderParameter("a", "y"), std::nullopt);
}

}  // namespace
}  // namespace keelrow::http
