#include "http/target.h"

#include <gtest/gtest.h>

namespace keelrow::http {
namespace {

std::optional<Code> CodeOf(const std::string& target) {
  Request request{.target = target};
  const auto error = ParseTarget(request);
  return error ? std::optional(error->code()) : std::nullopt;
}

TEST(Target, IsSplitAndDecodedOnce) {
  Request request{.target = "/v2/models/m%C3%BCll%20a%2525/infer?full=1&q=a+b%26c&empty&=x"};
  ASSERT_EQ(ParseTarget(request), std::nullopt);
  EXPECT_EQ(request.path, "/v2/models/müll a%25/infer");
  EXPECT_EQ(request.segments, (std::vector<std::string>{"v2", "models", "müll a%25", "infer"}));
  EXPECT_EQ(request.Query("full"), "1");
  EXPECT_EQ(request.Query("q"), "a b&c");
  EXPECT_EQ(request.Query("empty"), "");
  EXPECT_EQ(request.Query("absent"), std::nullopt);
}

TEST(Target, AbsoluteFormLosesItsAuthority) {
  Request request{.target = "http://host:80/healthz"};
  ASSERT_EQ(ParseTarget(request), std::nullopt);
  EXPECT_EQ(request.path, "/healthz");
}

TEST(Target, TraversalsAreRefused) {
  for (const char* target :
       {"/../etc/passwd", "/a/..", "/a/./b", "/%2e%2e/etc", "/a/%2E%2e/b", "/a%2fb", "/a%5cb",
        "/..%5c..%5cwindows", "/a\\b", "/.%2e/x", "/a%00b", "/a%0d%0ab", "/%7f", "*", "", "a/b"}) {
    EXPECT_EQ(CodeOf(target), Code::kBadRequest) << target;
  }
}

TEST(Target, BadEscapesAndBadUtf8AreRefused) {
  for (const char* target : {"/%", "/%4", "/%zz", "/%c0%af", "/%c0%80", "/%e0%80%af", "/%ed%a0%80",
                             "/%f4%90%80%80", "/%ff", "/a?x=%c0%ae", "/a?x=%00", "/a?%=1"}) {
    EXPECT_EQ(CodeOf(target), Code::kBadRequest) << target;
  }
}

TEST(Target, DoubleEncodingStaysEncoded) {
  Request request{.target = "/%252e%252e/%252fetc"};
  ASSERT_EQ(ParseTarget(request), std::nullopt);
  EXPECT_EQ(request.path, "/%2e%2e/%2fetc");
}

TEST(Percent, ComesBack) {
  std::string every;
  for (int c = 1; c < 128; ++c) every += static_cast<char>(c);
  every += "äöü€😀";
  EXPECT_EQ(PercentDecode(PercentEncode(every)).Value(), every);
}

}  // namespace
}  // namespace keelrow::http
