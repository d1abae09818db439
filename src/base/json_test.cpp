// JSONTestSuite (github.com/nst/JSONTestSuite) through ParseJson: every y_ file is JSON and read,
// every n_ file is not and refused; the i_ files may be either, but must not do harm.

#include <gtest/gtest.h>

#include "base/data_for_test.h"
#include "base/files.h"
#include "base/json.h"
#include "base/json_text.h"
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

TEST(Json, TextsAreWrittenAsTheyAreRead) {
  for (const std::string text : {"", "plain", "a\"b\\c", "two\nlines\t\x01\x7f", "Übung €"}) {
    std::string out = "before";
    AppendJsonText(out, text);
    EXPECT_EQ(ParseJson(out.substr(6), "text").Value(), text);
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
