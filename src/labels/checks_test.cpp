#include "labels/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"

namespace keelrow::labels {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Region Box(const std::string& label, Point corner, double width, double height,
           double rotation = 0) {
  return {.id = label, .label = label, .outline = BoxOutline(corner, width, height, rotation)};
}

/// The checks that find something in a picture of 100 x 100.
std::vector<std::string> Found(std::vector<Region> regions, const CheckOptions& options = {}) {
  LabelSet set{.tasks = {{.id = "1", .picture = "a.jpg", .width = 100, .height = 100}}};
  set.tasks[0].annotations.push_back(
      {.id = "5", .annotator = "ann", .regions = std::move(regions)});
  std::vector<std::string> checks;
  for (const Finding& finding : CheckLabels(set, options)) checks.push_back(finding.check);
  return checks;
}

TEST(CheckLabels, SoundBoxesHaveNoFindings) {
  EXPECT_THAT(Found({Box("car", {0, 0}, 50, 50), Box("dog", {50, 50}, 50, 50)}), IsEmpty());
}

TEST(CheckLabels, OverlapAboveTheLimit) {
  // 10 of 30 shared: IoU 1/3.
  const std::vector<Region> boxes = {Box("car", {0, 0}, 20, 10), Box("dog", {10, 0}, 20, 10)};
  EXPECT_THAT(Found(boxes), ElementsAre("overlap"));
  EXPECT_THAT(Found(boxes, {.overlap_max = 0.34}), IsEmpty());
}

TEST(CheckLabels, APairOfLabelsMayHaveALimitOfItsOwn) {
  const std::vector<Region> boxes = {Box("car", {0, 0}, 20, 10), Box("dog", {10, 0}, 20, 10)};
  EXPECT_THAT(Found(boxes, {.overlap_for = {{PairOf("dog", "car"), 0.5}}}), IsEmpty());
  EXPECT_THAT(Found(boxes, {.overlap_for = {{PairOf("dog", "cat"), 0.5}}}), ElementsAre("overlap"));
}

TEST(CheckLabels, RotatedBoxesOverlapByTheirPolygons) {
  // Upright bounds share much, the thin diagonal boxes themselves nothing.
  const std::vector<Region> boxes = {Box("car", {20, 20}, 40, 4, 45),
                                     Box("car", {30, 20}, 40, 4, 45)};
  EXPECT_THAT(Found(boxes), IsEmpty());
}

TEST(CheckLabels, DrawnTwiceOrUnderTwoLabels) {
  EXPECT_THAT(Found({Box("car", {0, 0}, 20, 20), Box("car", {0, 0}, 20, 20.5)}),
              ElementsAre("duplicate"));
  EXPECT_THAT(Found({Box("car", {0, 0}, 20, 20), Box("dog", {0, 0}, 20, 20.5)}),
              ElementsAre("conflict"));
}

TEST(CheckLabels, OutOfRange) {
  EXPECT_THAT(Found({Box("car", {90, 0}, 20, 20)}), ElementsAre("out_of_range"));
  EXPECT_THAT(Found({Box("car", {-5, 0}, 20, 20)}), ElementsAre("out_of_range"));
  EXPECT_THAT(Found({Box("car", {90, 0}, 10.4, 20)}), IsEmpty());  // within the slack
}

TEST(CheckLabels, Degenerate) {
  EXPECT_THAT(Found({Box("car", {10, 10}, 0, 20)}), ElementsAre("degenerate"));
  EXPECT_THAT(Found({Box("car", {30, 10}, -10, 20)}), ElementsAre("degenerate"));
  EXPECT_THAT(Found({{.label = "car", .box = false, .outline = {{1, 1}, {9, 9}}}}),
              ElementsAre("degenerate"));
}

TEST(CheckLabels, CrossingAndUnlabelled) {
  EXPECT_THAT(
      Found({{.label = "car", .box = false, .outline = {{0, 0}, {20, 20}, {20, 0}, {0, 20}}}}),
      ElementsAre("crossing"));
  EXPECT_THAT(Found({Box("", {0, 0}, 20, 20)}), ElementsAre("no_label"));
}

TEST(CheckLabels, PicturesThatAreNotThere) {
  const TemporaryFolder folder;
  EXPECT_THAT(Found({}, {.pictures = folder.path()}), ElementsAre("missing_picture"));
  WriteFileDurably(folder.path() / "a.jpg", "x");
  EXPECT_THAT(Found({}, {.pictures = folder.path()}), IsEmpty());
}

TEST(CheckLabels, AThousandFoldMistakeIsToldAHundredTimes) {
  const std::vector<Region> boxes(200, Box("car", {0, 0}, 20, 20));
  EXPECT_EQ(Found(boxes).size(), 100U);
}

}  // namespace
}  // namespace keelrow::labels
