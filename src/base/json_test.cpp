// JSONTestSuite (github.com/nst/JSONTestSuite) through ParseJson: every y_ file is JSON and read,
// every n_ file is not and refused; the i_ files may be either, but must not do harm.

#include <gtest/gtest.h>

#include "base/data_for_test.h"
#include "base/files.h"
#include "base/json.h"
#include "base/json_fast.h"
#include "base/json_text.h"
#include "base/packed_numbers.h"
#include "base/process.h"

namespace keelrow {
namespace {

constexpr const char* kSuite = "json_test_suite.tar";

TEST(JsonTestSuite, ReadsWhatIsJsonAndRefusesWhatIsNot) {
  if (!fs::exists(DataForTest(kSuite))) GTEST_SKIP() << AbsentData(kSuite);
  const TemporaryFolder folder;
  Process tar({.arguments = {"/bin/tar", "-xf", DataForTest(kSuite), "-C", folder.path()}});
  ASSERT_TRUE(tar.Wait().ok());
  size_t read = 0;
  size_t refused = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    const std::string name = entry.path().filename();
    if (!entry.is_regular_file() || entry.path().extension() != ".json") continue;
    const Expected<Json> parsed = ParseJson(ReadFile(entry.path()), name);
    if (name.starts_with("y_")) {
      EXPECT_TRUE(parsed.ok()) << name;
    }
    if (name.starts_with("n_")) {
      EXPECT_FALSE(parsed.ok()) << name;
    }
    if (!parsed) {
      EXPECT_TRUE(parsed.error().code() == Code::kSyntax || parsed.error().code() == Code::kLimit)
          << name << ": " << parsed.error().what();
    }
    ++(parsed ? read : refused);
  }
  EXPECT_GE(read, 95u);      // the suite's own counts: 95 y_ files
  EXPECT_GE(refused, 188u);  // 188 n_ files
}

TEST(JsonTestSuite, DepthIsBoundedBeforeAnythingIsBuilt) {
  for (const std::string open : {"[", "{\"a\":"}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += open;
    const Expected<Json> parsed = ParseJson(text, "deep");
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.error().code(), Code::kLimit);
  }
}

/// What ParseJson made of a text before there was a quick way.
Json ParsedSlowly(const std::string& text) {
  return ParseJson(text, "text", {.unique_names = true}).Value();
}

TEST(JsonFast, MakesTheTreeOfTheSlowWay) {
  for (const std::string text :
       {"null", "true", "[]", "{}", "0", "-1", "9223372036854775807", "9223372036854775808",
        "18446744073709551615", "-9223372036854775808", "1.5", "1e3", "-0.0", "5e-324", "1e-400",
        "0.1234567890123456789", R"("\u00e9\ud83d\ude00\u0000\n\"")", R"(["é", "\/"])",
        R"( {"a" : [1, [2, -3.5, {"b": null}], "x"], "": false} )"}) {
    const auto fast = ParseJsonFast(text, 100);
    ASSERT_TRUE(fast) << text;
    const Json slow = ParsedSlowly(text);
    EXPECT_EQ(*fast, slow) << text;
    EXPECT_EQ(fast->type(), slow.type()) << text;
    EXPECT_EQ(fast->dump(), slow.dump()) << text;
  }
}

TEST(JsonFast, LeavesWhatItCannotJudgeToTheSlowWay) {
  EXPECT_FALSE(ParseJsonFast("18446744073709551616", 100));
  EXPECT_EQ(ParseJson("18446744073709551616", "text").Value(), 18446744073709551616.0);
  EXPECT_EQ(ParseJson("-9223372036854775809", "text").Value(), -9223372036854775809.0);
  EXPECT_EQ(ParseJson("\xEF\xBB\xBF[1]", "text").Value(), Json({1}));  // a byte order mark
}

TEST(JsonFast, TheLastOfOneNameCounts) {
  EXPECT_EQ(ParseJsonFast(R"({"a": [1, 2], "b": 3, "a": 4})", 100), Json({{"a", 4}, {"b", 3}}));
}

TEST(JsonFast, NestsNoDeeperThanTheSlowWay) {
  for (const size_t depth : {1U, 2U, 7U, 100U}) {
    for (const std::string inner : {"", "1", "\"a\"", "{}", "{\"a\":1}"}) {
      const auto nested = [&](size_t levels) {
        return std::string(levels, '[') + inner + std::string(levels, ']');
      };
      const size_t levels = depth - (inner.starts_with('{') ? 1 : 0);
      EXPECT_TRUE(ParseJson(nested(levels), "text", {.depth_max = depth})) << nested(levels);
      EXPECT_FALSE(ParseJsonFast(nested(levels + 1), depth)) << nested(levels + 1);
      const Expected<Json> deeper = ParseJson(nested(levels + 1), "text", {.depth_max = depth});
      ASSERT_FALSE(deeper);
      EXPECT_EQ(deeper.error().code(), Code::kLimit);
    }
  }
  EXPECT_TRUE(ParseJsonFast("[[[1]]]", 4));
}

TEST(JsonFast, PacksListsOfNumbersThatAreDoublesToTheLastDigit) {
  const auto parsed = [](const std::string& text) {
    return ParseJsonPacked(text, "text", 3).Value();
  };
  const Json json = parsed(R"({"a": [[1, -2.5, 9007199254740991], [4]], "b": [5, 6, 7e300]})");
  const auto a = PackedNumbers::Of(json["a"][0]);
  ASSERT_TRUE(a);
  ASSERT_EQ(a->size(), 3U);
  EXPECT_EQ((*a)[0], 1);
  EXPECT_EQ((*a)[1], -2.5);
  EXPECT_EQ((*a)[2], 9007199254740991.0);
  EXPECT_EQ(json["a"][1], Json({4}));
  EXPECT_EQ((*PackedNumbers::Of(json["b"]))[2], 7e300);
  for (const std::string text :
       {"[1, 2, 9007199254740992]", "[1, 2, -9007199254740992]", "[1, 2, 18446744073709551615]",
        "[1, 2, true]", "[1, 2, \"3\"]", "[1, 2, [3]]", "[1, 2]", "[]"}) {
    EXPECT_EQ(parsed(text), ParsedSlowly(text)) << text;
  }
}

TEST(JsonFast, LongTextsAndShortOnesByTurns) {
  std::string text = "[";  // more than a thread keeps room for
  for (int i = 0; i < 30'000; ++i) text += std::to_string(i) + ".25,";
  text.back() = ']';
  for (int turn = 0; turn < 2; ++turn) {
    const Json numbers = ParseJson(text, "text").Value();
    ASSERT_EQ(numbers.size(), 30'000U);
    EXPECT_EQ(numbers[29'999], 29'999.25);
    EXPECT_EQ(ParseJson("[7]", "text").Value(), Json({7}));
    EXPECT_FALSE(ParseJson(text.substr(0, text.size() - 1), "text"));
    EXPECT_FALSE(ParseJson("[7", "text"));
  }
}

TEST(Json, TextsAreWrittenAsTheyAreRead) {
  for (const std::string text : {"", "plain", "a\"b\\c", "two\nlines\t\x01\x7f", "Übung €"}) {
    std::string out = "before";
    AppendJsonText(out, text);
    EXPECT_EQ(ParseJson(out.substr(6), "text").Value(), text);
  }
  for (int c = 0; c < 0x80; ++c) {  // wherever among eight bytes it stands
    for (size_t at = 0; at < 17; ++at) {
      std::string text(17, 'x');
      text[at] = static_cast<char>(c);
      std::string out;
      AppendJsonText(out, text);
      EXPECT_EQ(out, Json(text).dump()) << c << " at " << at;
    }
  }
  std::string out;
  AppendJsonText(out, "\xff");  // no UTF-8
  EXPECT_EQ(ParseJson(out, "text").Value(), "\uFFFD");
}

TEST(Json, NamesMayHaveToBeUnique) {
  const auto code = [](std::string_view text) {
    const Expected<Json> parsed = ParseJson(text, "text", {.unique_names = true});
    return parsed ? std::nullopt : std::optional(parsed.error().code());
  };
  EXPECT_EQ(code(R"({"a": 1, "b": {"a": 2}, "c": [{"a": 3}, {"a": 4}]})"), std::nullopt);
  for (const char* text : {R"({"a": 1, "a": 1})", R"({"b": [{"a": {}, "c": 1, "a": 2}]})",
                           R"({"a": {"a": 1}, "b": 2, "a": 3})", R"({"a": 1, "\u0061": 2})"}) {
    EXPECT_EQ(code(text), Code::kSyntax) << text;
    EXPECT_TRUE(ParseJson(text, "text")) << text;
  }
}

}  // namespace
}  // namespace keelrow
