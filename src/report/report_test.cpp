#include "report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "base/base64.h"
#include "base/error.h"
#include "base/random.h"

namespace keelrow::report {
namespace {

using testing::HasSubstr;
using testing::Not;

/// One grey pixel.
const std::string kPixel =
    DecodeBase64(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJ"
        "RU5ErkJggg==")
        .value();
const std::string kAttack = "<script>alert(1)</script>\"'&";

/// Forty examples a class, fewer where there are many classes.
evaluate::Evaluation SampleEvaluation(const std::vector<std::string>& classes) {
  std::vector<evaluate::Prediction> predictions;
  for (size_t i = 0; i < classes.size() * (classes.size() > 100 ? 2 : 40); ++i) {
    Random random(11, "report test", {i});
    const size_t truth = i % classes.size();
    const size_t favoured = random.Coin(0.93) ? truth : random.Below(classes.size());
    const double sure = random.Uniform(0.6, 1);
    const double rest = (1 - sure) / static_cast<double>(classes.size() - 1);
    std::vector<float> p(classes.size(), static_cast<float>(rest));
    p[favoured] = static_cast<float>(sure);
    predictions.push_back({.id = "pictures/" + std::to_string(i) + ".png",
                           .truth = static_cast<int>(truth),
                           .probabilities = p,
                           .columns = {{"light", favoured == truth ? "day" : "night"},
                                       {kAttack, i % 2 == 0 ? kAttack : ""}}});
  }
  return evaluate::Evaluate(predictions, classes);
}

ReportInput SampleInput(const std::vector<std::string>& classes) {
  ReportInput input{.project = "digits", .run_id = "20261123-225301-a3", .time = "2026-11-23 UTC"};
  input.test = SampleEvaluation(classes);
  input.data.classes = classes;
  for (const auto* name : {"train", "validation", "test"}) {
    input.data.subsets.push_back({name, std::vector<uint64_t>(classes.size(), 40)});
  }
  input.data.quality = {{"missing_rate", "0.001", "<0.05", true}};
  input.data.quarantined = {{"pictures/9.png", "not a picture"}};
  for (int i = 1; i <= 5; ++i) input.history.push_back({i, 1.0 / i, 1.2 / i, 1 - 0.1 / i, 1e-3});
  for (const auto& mistake : input.test.worst) input.pictures[mistake.id] = kPixel;
  for (const auto& pair : input.test.confused) {
    for (const auto& mistake : pair.surest) input.pictures[mistake.id] = kPixel;
  }
  input.gate = {{"test.accuracy >=0.9", "0.93", true}, {"latency.p99 <50ms", "3.1 ms", true}};
  input.model = {"small_cnn", 123456, 500000, 1.2e-6};
  input.lineage = {.data_hash = "sha256:da7a", .bundle_sha256 = "b0d1e", .seed = 7, .threads = 2};
  input.reproduce = {"keelrow run --locked"};
  return input;
}

std::string Render(const std::vector<std::string>& classes) {
  return RenderHtml(SampleInput(classes));
}

std::vector<std::string> ManyClasses(size_t count) {
  std::vector<std::string> classes;
  for (size_t i = 0; i < count; ++i) classes.push_back("class " + std::to_string(i));
  return classes;
}

size_t CountOf(const std::string& text, std::string_view piece) {
  size_t count = 0;
  for (size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1))
    ++count;
  return count;
}

TEST(Report, HoldsEverySection) {
  const std::string page = Render({"cat", "dog", "owl"});
  for (const auto* id : {"result", "training", "confusion", "confused", "classes", "ranking",
                         "slices", "reliability", "mistakes", "data", "origin", "reproduce"}) {
    EXPECT_THAT(page, HasSubstr("<section id=\"" + std::string(id) + "\">"));
    EXPECT_THAT(page, HasSubstr("href=\"#" + std::string(id) + "\""));
  }
  EXPECT_THAT(page, HasSubstr("Gate passed"));
  EXPECT_THAT(page, HasSubstr("keelrow run --locked"));
}

TEST(Report, LoadsAndRunsNothing) {
  const std::string page = Render({"cat", "dog", "owl"});
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("http:")));
  EXPECT_THAT(page, Not(HasSubstr("https:")));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
  EXPECT_THAT(page, Not(HasSubstr("@import")));
  const std::regex source("src=\"(?!data:image/png;base64,)");
  EXPECT_FALSE(std::regex_search(page, source));
}

TEST(Report, EscapesWhateverAUserWrites) {
  ReportInput input = SampleInput({kAttack, "b" + kAttack, "c"});
  input.project = input.run_id = input.time = input.model.network = kAttack;
  input.data.quarantined = {{kAttack, kAttack}};
  input.data.quality[0].name = input.gate[0].condition = input.reproduce[0] = kAttack;
  input.lineage.cpu = input.lineage.program_version = kAttack;
  input.lineage.step_keys = {{kAttack, kAttack}};
  for (auto& mistake : input.test.worst) mistake.id += kAttack;
  const std::string page = RenderHtml(input);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("\"'&")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
}

TEST(Report, ShowsPicturesOfMistakesAndSaysWhereOneIsMissing) {
  ReportInput input = SampleInput({"cat", "dog", "owl"});
  input.test.confused.clear();
  ASSERT_GE(input.test.worst.size(), 2u);
  input.pictures.erase(input.test.worst[0].id);
  const std::string page = RenderHtml(input);
  EXPECT_EQ(CountOf(page, "data:image/png;base64,"), input.test.worst.size() - 1);
  EXPECT_EQ(CountOf(page, "no picture"), 1u);
}

TEST(Report, ShowsConfusedPairsAsPicturesUnlessTheyAreSingle) {
  ReportInput input = SampleInput({"cat", "dog", "owl"});
  input.test.worst.clear();
  input.test.confused = {
      {.truth = 1,
       .predicted = 0,
       .count = 3,
       .surest = {{"a.png", 1, 0, 0.98}, {"b.png", 1, 0, 0.61}}},
      {.truth = 2, .predicted = 0, .count = 1, .surest = {{"c.png", 2, 0, 0.9}}}};
  input.pictures = {{"a.png", kPixel}, {"b.png", kPixel}, {"c.png", kPixel}};
  const std::string page = RenderHtml(input);
  EXPECT_EQ(CountOf(page, "data:image/png;base64,"), 2u);
  EXPECT_THAT(page, HasSubstr("3 of 40 examples, 7.5"));
  EXPECT_THAT(page, HasSubstr("(98.0"));
}

TEST(Report, NamesTheWorstRankedClassesAndThoseWithoutExamples) {
  ReportInput input = SampleInput(ManyClasses(200));
  const auto undrawn = std::ranges::find_if(
      input.test.ranking, [](const auto& ranking) { return ranking.roc.empty(); });
  *undrawn = {};
  const std::string page = RenderHtml(input);
  EXPECT_EQ(CountOf(page, "class=\"line other\""), 2 * (evaluate::kCurvesMax - 4));
  EXPECT_THAT(page, HasSubstr("20 other classes, the next lowest of 199"));
  EXPECT_THAT(page, HasSubstr("1 of 200 classes has no test example"));
}

TEST(Report, DrawsTheCornerWhereTheCurvesOfAGoodModelTurn) {
  EXPECT_THAT(Render({"cat", "dog", "owl"}), HasSubstr("only these corners are drawn"));
  ReportInput input = SampleInput({"cat", "dog"});
  for (auto& ranking : input.test.ranking) ranking.roc = {{0, 0}, {1, 1}};
  EXPECT_THAT(RenderHtml(input), HasSubstr("One that guesses stays on the dashed line"));
}

TEST(Report, TellsSlicesThatAreWorseFromChance) {
  ReportInput input = SampleInput({"cat", "dog"});
  input.test.slices = {{"light", "night", 0, 40, 30, 0.0004},
                       {"light", "dusk", 0, 40, 35, 0.4},
                       {"camera", "", 3, 21, 20, 1},
                       {"camera", "", 0, 50, 50, 0.01}};
  const std::string page = RenderHtml(input);
  EXPECT_THAT(page, HasSubstr("worse, p &lt; 0.001"));
  EXPECT_THAT(page, HasSubstr("better, p = 0.010"));
  EXPECT_EQ(CountOf(page, "may be chance"), 2u);
  EXPECT_THAT(page, HasSubstr("3 rare values"));
  EXPECT_THAT(page, HasSubstr("missing"));
}

TEST(Report, SaysWhenTheGateIsNotPassed) {
  ReportInput input = SampleInput({"cat", "dog"});
  input.gate[1].passed = false;
  EXPECT_THAT(RenderHtml(input), HasSubstr("Gate not passed"));
}

TEST(Report, ShowsReliabilityBeforeAndAfterACalibration) {
  ReportInput input = SampleInput({"cat", "dog", "owl"});
  EXPECT_EQ(CountOf(RenderHtml(input), "Reliability: accuracy against confidence"), 1u);
  input.calibration = {.temperature = 1.37, .before = input.test};
  input.calibration->before.metrics["log_loss"] = 0.98765;
  const std::string page = RenderHtml(input);
  EXPECT_EQ(CountOf(page, "Reliability: accuracy against confidence"), 2u);
  EXPECT_THAT(page, HasSubstr("temperature of 1.37"));
  EXPECT_THAT(page, HasSubstr("0.9877"));
}

TEST(Report, LeavesOutWhatIsAbsent) {
  ReportInput input = SampleInput({"cat", "dog"});
  input.history.clear();
  input.reproduce.clear();
  input.gate.clear();
  const std::string page = RenderHtml(input);
  EXPECT_THAT(page, Not(HasSubstr("id=\"training\"")));
  EXPECT_THAT(page, Not(HasSubstr("id=\"reproduce\"")));
  EXPECT_THAT(page, Not(HasSubstr("Gate passed")));
}

TEST(Report, StaysReadableWithAThousandClasses) {
  const std::string page = Render(ManyClasses(1000));
  EXPECT_LT(page.size(), size_t{2} << 20);
  EXPECT_THAT(page, HasSubstr("The 30 of 1000 classes with most mistakes."));
  EXPECT_THAT(page, HasSubstr("The other 975 classes"));
}

TEST(Report, IsTheSameForTheSameInput) {
  EXPECT_EQ(Render({"cat", "dog", "owl"}), Render({"cat", "dog", "owl"}));
}

TEST(Report, RefusesCountsThatDoNotFitTheClasses) {
  ReportInput input = SampleInput({"cat", "dog"});
  input.data.subsets[1].per_class.pop_back();
  try {
    RenderHtml(input);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kBadValue);
    EXPECT_THAT(error.message(), HasSubstr("validation"));
  }
}

}  // namespace
}  // namespace keelrow::report
