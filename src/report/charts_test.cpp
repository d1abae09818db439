#include "report/charts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/html.h"

namespace keelrow::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> Labels(const Scale& scale) {
  std::vector<std::string> labels;
  for (const double tick : scale.ticks()) labels.push_back(TickLabel(tick));
  return labels;
}

TEST(Scale, PutsTicksAtRoundNumbers) {
  EXPECT_THAT(Labels(Scale({.values = {0.03, 0.97}})),
              ElementsAre("0", "0.2", "0.4", "0.6", "0.8", "1"));
  EXPECT_THAT(Labels(Scale({.values = {0.981, 0.994}, .ticks = 3})),
              ElementsAre("0.98", "0.985", "0.99", "0.995"));
  EXPECT_THAT(Labels(Scale({.values = {1, 3}, .ticks = 10, .step_min = 1})),
              ElementsAre("1", "2", "3"));
}

TEST(Scale, PutsLogarithmicTicksAtPowersOfTen) {
  EXPECT_THAT(Labels(Scale({.values = {0.003, 2.1}, .axis = Axis::kLog, .ticks = 4})),
              ElementsAre("0.001", "0.01", "0.1", "1", "10"));
  EXPECT_THAT(Labels(Scale({.values = {0.3, 4}, .axis = Axis::kLog, .ticks = 4})),
              ElementsAre("0.2", "0.5", "1", "2", "5"));
}

TEST(Scale, WidensARangeWithoutWidth) {
  const Scale scale({.values = {3, 3}, .places = {0, 100}});
  EXPECT_LT(scale.values().low, 3);
  EXPECT_GT(scale.values().high, 3);
  EXPECT_GT(scale(3), 0);
  EXPECT_LT(scale(3), 100);
}

TEST(TickLabel, IsShort) {
  EXPECT_EQ(TickLabel(0), "0");
  EXPECT_EQ(TickLabel(0.1 + 0.2), "0.3");
  EXPECT_EQ(TickLabel(1e-5), "1e-5");
  EXPECT_EQ(TickLabel(2.5e-4), "2.5e-4");
  EXPECT_EQ(TickLabel(1500), "1500");
}

TEST(Html, FormatsForPeople) {
  EXPECT_EQ(Percent(0.98723), "98.72\u202F%");
  EXPECT_EQ(Count(7), "7");
  EXPECT_EQ(Count(123456), "123,456");
  EXPECT_EQ(Count(1234567), "1,234,567");
  EXPECT_EQ(Number(0.04127), "0.04127");
  EXPECT_EQ(Shorten("Größenwahn", 6), "Grö…hn");
  EXPECT_EQ(Shorten("species number 17", 11), "speci…er 17");
  EXPECT_EQ(Shorten("owl", 3), "owl");
}

TEST(Html, EscapesEveryCharacterThatMatters) {
  EXPECT_EQ(Escape("<a href=\"x\" o='y'>&"), "&lt;a href=&quot;x&quot; o=&#39;y&#39;&gt;&amp;");
  EXPECT_EQ(Escape(std::string_view("\0", 1)), "\uFFFD");
}

TEST(Charts, NameAxesUnitsAndSeries) {
  const std::string svg = DrawLines(
      {.title = "Loss",
       .x_label = "epoch",
       .y_label = "loss (nats)",
       .series = {{"train", {{1, 1.0}, {2, 0.5}}}, {"validation", {{1, 1.1}, {2, 0.7}}}}});
  for (const auto* text : {">epoch<", ">loss (nats)<", ">train<", ">validation<", "aria-label"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
  EXPECT_THAT(svg, HasSubstr("<title>epoch 2: validation 0.7</title>"));
}

TEST(Charts, SurviveASinglePointAndNoSpread) {
  const std::string svg = DrawLines({.series = {{"a", {{1, 0.5}}}}});
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
  const std::string bars = DrawBars({.series = {"train"}, .rows = {{"empty", {0}}}});
  EXPECT_THAT(bars, Not(HasSubstr("nan")));
}

TEST(Charts, DrawFourCurvesInColoursAndOthersGray) {
  SquareChart chart{.x_label = "recall", .y_label = "precision", .x = {.8, 1}, .y = {.8, 1}};
  for (const auto* name : {"a", "b", "c", "d", "e"}) {
    chart.series.push_back({name, {{0, 1}, {1, .1}}});
  }
  const std::string svg = DrawSquare(chart);
  for (const auto* text : {"line s0", "line s3", "line other", ">85", "<title>e</title>"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
  EXPECT_THAT(svg, Not(HasSubstr("line s4")));
  EXPECT_LT(svg.find("<title>e<"), svg.find("<title>a<")) << "the first lies on top";
}

TEST(Charts, EscapeLabels) {
  const std::string label = "<script>x</script>";
  EXPECT_THAT(DrawBars({.series = {label}, .rows = {{label, {1}}}}), Not(HasSubstr("<script")));
  EXPECT_THAT(DrawSquare({.series = {{label, {{0, 0}, {1, 1}}}}}), Not(HasSubstr("<script")));
  const std::vector<evaluate::Prediction> predictions = {{"a", 0, {.2f, .8f}}};
  const auto evaluation = evaluate::Evaluate(predictions, {label, "b"});
  EXPECT_THAT(DrawConfusion(evaluation, {0, 1}), Not(HasSubstr("<script")));
}

}  // namespace
}  // namespace keelrow::report
