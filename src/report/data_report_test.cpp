#include "report/data_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelrow::report {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kAttack = "<script>alert(1)</script>\"'&";

DataReportInput Sample() {
  return {
      .project = "digits",
      .time = "2026-11-26 12:00 UTC",
      .program_version = "1",
      .cleaned = true,
      .passed = true,
      .facts = {{"examples", "12"}},
      .quality =
          {{.name = "blurred", .value = "0.25", .limit = "<0.1", .passed = true, .cleaned = "0"}},
      .cleaning = {{"imputed `light`", "3 values"}},
      .classes = {.name = "Examples by class", .bins = {{"cat", 7, 6}, {"dog", 5, 4}}},
      .columns = {{.name = "light", .bins = {{"day", 12, 10}}}},
      .pictures_measured = {{.name = "Width", .bins = {{"32", 12, 10}}}},
      .examples = {{.label = "cat", .ids = {"a.png", "b.png"}}},
      .findings = {{.check = "blurred",
                    .meaning = "1 of 12 has no sharp edge",
                    .examples = {{.id = "b.png", .reason = "it is blurred"}}}},
      .alike_total = 9,
      .alike = {{.first = "a.png", .second = "c.png", .note = "1 of 64 bits differs"}},
      .quarantined = {{.id = "b.png", .reason = "it is blurred"}},
      .pictures = {{"a.png", "PNG of a"}, {"b.png", "PNG of b"}}};
}

size_t CountOf(const std::string& text, std::string_view piece) {
  size_t count = 0;
  for (size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1))
    ++count;
  return count;
}

TEST(DataReport, HoldsEverySectionThatHasSomethingToSay) {
  const std::string page = RenderDataReport(Sample());
  for (const auto* id :
       {"overview", "classes", "columns", "pictures", "examples", "findings", "alike"}) {
    EXPECT_THAT(page, HasSubstr("<section id=\"" + std::string(id) + "\">"));
  }
  EXPECT_THAT(page, HasSubstr("Limits kept"));
  EXPECT_THAT(page, HasSubstr("1 of 9 pairs"));
  DataReportInput empty = Sample();
  empty.columns.clear();
  empty.alike.clear();
  empty.findings.clear();
  empty.passed = false;
  const std::string bare = RenderDataReport(empty);
  for (const auto* id : {"columns", "findings", "alike"}) {
    EXPECT_THAT(bare, Not(HasSubstr("<section id=\"" + std::string(id) + "\">")));
  }
  EXPECT_THAT(bare, HasSubstr("Limits broken"));
}

TEST(DataReport, StandsBeforeAndAfterCleaningSideBySide) {
  DataReportInput input = Sample();
  const std::string page = RenderDataReport(input);
  EXPECT_THAT(page, HasSubstr("cat, before: 7"));
  EXPECT_THAT(page, HasSubstr("cat, after: 6"));
  EXPECT_THAT(page, HasSubstr("<td class=\"n\">0.25</td><td class=\"n\">0</td>"));
  EXPECT_EQ(CountOf(page, ">set aside<"), 2U) << "b.png as an example and as a finding";
  input.cleaned = false;
  input.quarantined.clear();
  input.quality[0].cleaned.clear();
  const std::string plain = RenderDataReport(input);
  EXPECT_THAT(plain, HasSubstr("cat, examples: 7"));
  EXPECT_THAT(plain, Not(HasSubstr(", after: ")));
  EXPECT_THAT(plain, Not(HasSubstr("Before cleaning")));
}

TEST(DataReport, ShowsPicturesAndSaysWhereThereIsNone) {
  const std::string page = RenderDataReport(Sample());
  EXPECT_EQ(CountOf(page, "src=\"data:image/png;base64,"), 4U);
  EXPECT_EQ(CountOf(page, "no picture"), 1U) << "that of c.png";
}

TEST(DataReport, EscapesWhateverAUserWrites) {
  DataReportInput input = Sample();
  input.project = input.time = input.program_version = kAttack;
  input.facts = input.cleaning = {{kAttack, kAttack}};
  input.quality[0].name = input.quality[0].limit = input.quality[0].cleaned = kAttack;
  input.classes.name = input.classes.bins[0].label = kAttack;
  input.columns[0].name = input.columns[0].bins[0].label = kAttack;
  input.examples = {{.label = kAttack, .ids = {kAttack, "a.png"}}};
  input.findings[0] = {.check = kAttack, .meaning = kAttack, .examples = {{kAttack, kAttack}}};
  input.alike[0] = {kAttack, kAttack, kAttack};
  input.quarantined = {{kAttack, kAttack}};
  const std::string page = RenderDataReport(input);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("\"'&")));
}

}  // namespace
}  // namespace keelrow::report
