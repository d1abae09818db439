#include "labels/formats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <fstream>

#include "base/data_for_test.h"
#include "base/files.h"
#include "labels/format_functions.h"
#include "labels/geometry.h"
#include "labels/json_elements.h"

namespace keelrow::labels {
namespace {

using testing::HasSubstr;

constexpr const char* kExport = R"([
 {"id": 7, "data": {"image": "/data/upload/a b.jpg"}, "annotations": [
  {"id": 1, "completed_by": {"id": 3, "email": "ann@example.org"}, "was_cancelled": false, "result": [
   {"id": "r1", "type": "rectanglelabels", "original_width": 200, "original_height": 100,
    "value": {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0, "rectanglelabels": ["Car", "Red"]}},
   {"id": "r2", "type": "polygonlabels", "original_width": 200, "original_height": 100,
    "value": {"points": [[0, 0], [50, 0], [50, 100]], "polygonlabels": ["Dog"]}},
   {"id": "r3", "type": "choices", "value": {"choices": ["Day"]}},
   {"id": "r4", "type": "textarea", "value": {"text": ["a ] } \" [ {"]}},
   {"type": "relation", "from_id": "r1", "to_id": "r2"}]},
  {"id": 2, "completed_by": 4, "was_cancelled": true, "result": []},
  {"id": 3, "completed_by": 5, "ground_truth": true, "result": []}]}
])";

TEST(LabelStudio, ReadsBoxesPolygonsAndClasses) {
  const LabelSet set = ParseLabelStudio(kExport, "export").Value();
  ASSERT_EQ(set.tasks.size(), 1U);
  const Task& task = set.tasks[0];
  EXPECT_EQ(task.id, "7");
  EXPECT_EQ(task.picture, "/data/upload/a b.jpg");
  EXPECT_EQ(set.skipped, 2U);
  ASSERT_EQ(task.annotations.size(), 2U);  // without the cancelled one
  EXPECT_EQ(task.annotations[0].id, "3") << "a ground truth comes first";
  const Annotation& ann = task.annotations[1];
  EXPECT_EQ(ann.annotator, "ann@example.org");
  EXPECT_EQ(ann.classes, std::vector<std::string>{"Day"});
  ASSERT_EQ(ann.regions.size(), 2U);
  EXPECT_EQ(ann.regions[0].label, "Car|Red");
  EXPECT_EQ(ann.regions[0].outline, BoxOutline({20, 20}, 60, 40));
  EXPECT_EQ(ann.regions[1].outline, (std::vector<Point>{{0, 0}, {100, 0}, {100, 100}}));
}

TEST(LabelStudio, DamageIsToldWithItsTask) {
  for (const auto& [text, part] : {
           std::pair{"", "no list"},
           std::pair{"{}", "no list"},
           std::pair{"[", "inside an element"},
           std::pair{"[{\"id\": 1, \"annotations\": []}", "inside an element"},
           std::pair{"[{\"id\": 1, \"annotations\": []} 5]", "task 1"},
           std::pair{"[1]", "task 1"},
           std::pair{"[{\"annotations\": []}, {}]", "task 2"},
           std::pair{"[{\"annotations\": [{\"result\": [{\"type\": \"rectanglelabels\", \"value\": "
                     "{}}]}]}]",
                     "task 1"},
       }) {
    const auto set = ParseLabelStudio(text, "export.json");
    ASSERT_FALSE(set.ok()) << text;
    EXPECT_EQ(set.error().code(), Code::kSyntax);
    EXPECT_THAT(set.error().message(), HasSubstr(part)) << text;
    EXPECT_THAT(set.error().message(), HasSubstr("export.json"));
  }
}

TEST(LabelStudio, DeepNestingIsRefused) {
  const std::string deep = "[{\"annotations\": [], \"data\": " + std::string(100'000, '[') +
                           std::string(100'000, ']') + "}]";
  EXPECT_FALSE(ParseLabelStudio(deep, "deep").ok());
}

/// An export of that size and more: each task has a box to keep, and a painted mask, which is most
/// of the bytes and is skipped.
size_t WriteLargeExport(const fs::path& file, size_t bytes) {
  const std::string task =
      R"({"id": 1, "data": {"image": "a.jpg"}, "annotations": [{"id": 1, "result": [
  {"id": "r", "type": "rectanglelabels", "original_width": 200, "original_height": 100,
   "value": {"x": 1, "y": 2, "width": 3, "height": 4, "rectanglelabels": ["Car"]}},
  {"id": "s", "type": "brushlabels", "value": {"format": "rle", "rle": [255)";
  std::string mask;
  while (mask.size() < (size_t{1} << 20)) mask += ", 17, 0, 204";
  std::ofstream out(file, std::ios::binary);
  size_t tasks = 0;
  for (size_t written = 0; written < bytes; written += task.size() + mask.size()) {
    out << (tasks++ == 0 ? "[" : ",\n") << task << mask << "]}}]}]}";
  }
  out << "]";
  return tasks;
}

TEST(LabelStudio, AnExportOfAGigabyteIsStreamed) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's own memory is counted with ours";
#endif
  constexpr rlim_t kMemory = rlim_t{128} << 20;
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "export.json";
  const size_t tasks = WriteLargeExport(file, size_t{1} << 30);
  const auto read_in_little_memory = [&] {
    const rlimit limit{kMemory, kMemory};  // of memory of its own; the mapped file is none
    if (setrlimit(RLIMIT_DATA, &limit) != 0) std::_Exit(2);
    const LabelSet set = ReadLabelStudio(file);
    std::_Exit(set.tasks.size() == tasks && set.skipped == tasks ? 0 : 3);
  };
  EXPECT_EXIT(read_in_little_memory(), testing::ExitedWithCode(0), "");
}

TEST(LabelStudio, ReadsItsOwnConvertersExamples) {
  const fs::path folder = DataForTest("label_studio");
  if (!fs::exists(folder)) GTEST_SKIP() << AbsentData("label_studio");
  size_t regions = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const LabelSet set = DetectFormat(entry.path()).read(entry.path());
    for (const Task& task : set.tasks) {
      for (const Annotation& annotation : task.annotations) regions += annotation.regions.size();
    }
  }
  EXPECT_EQ(regions, 35U);
}

TEST(JsonElements, FindsElementsAndTheirEnd) {
  JsonElements elements(R"( [ {"a": "]\\\",["} , 2,[3, [4]] ] )");
  EXPECT_EQ(elements.Next(), R"({"a": "]\\\",["} )");
  EXPECT_EQ(elements.Next(), "2");
  EXPECT_EQ(elements.Next(), "[3, [4]] ");
  EXPECT_EQ(elements.Next(), std::nullopt);
  EXPECT_EQ(elements.fault(), "");
}

/// An upright box, a rotated one, and a polygon, in a picture of 200 x 100.
LabelSet SomeLabels() {
  LabelSet set{.tasks = {{.id = "1", .picture = "x/a.jpg", .width = 200, .height = 100}}};
  set.tasks[0].annotations.push_back(
      {.regions = {{.label = "car", .outline = BoxOutline({20, 10}, 50, 40)},
                   {.label = "dog", .outline = BoxOutline({100, 20}, 40, 20, 30)},
                   {.label = "dog",
                    .box = false,
                    .outline = {{0, 0}, {10, 0}, {10, 10}, {5, 4}, {0, 10}}}}});
  return set;
}

/// The same regions, measured in shares of the picture.
void ExpectSame(const LabelSet& read, double unit) {
  const Task& task = read.tasks.at(0);
  const std::vector<Region> wanted = SomeLabels().tasks[0].annotations[0].regions;
  ASSERT_EQ(task.annotations.at(0).regions.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    const Region& region = task.annotations[0].regions[i];
    EXPECT_EQ(region.label, wanted[i].label);
    ASSERT_EQ(region.outline.size(), wanted[i].outline.size());
    for (size_t k = 0; k < region.outline.size(); ++k) {
      EXPECT_NEAR(region.outline[k].x / task.width, wanted[i].outline[k].x / 200, unit);
      EXPECT_NEAR(region.outline[k].y / task.height, wanted[i].outline[k].y / 100, unit);
    }
  }
}

TEST(Formats, CocoAndYoloKeepEveryOutline) {
  const TemporaryFolder folder;
  WriteCoco(SomeLabels(), folder.path() / "c.json");
  EXPECT_EQ(DetectFormat(folder.path() / "c.json").name, "coco");
  ExpectSame(ReadCoco(folder.path() / "c.json"), 1e-12);
  WriteYolo(SomeLabels(), folder.path() / "y");
  EXPECT_EQ(DetectFormat(folder.path() / "y").name, "yolo");
  EXPECT_TRUE(fs::exists(folder.path() / "y/labels/a.txt"));
  ExpectSame(ReadYolo(folder.path() / "y"), 1e-7);
}

TEST(Formats, RegionsWithoutALabelAreNotWritten) {
  LabelSet set = SomeLabels();
  set.tasks[0].annotations[0].regions.push_back({.outline = BoxOutline({0, 0}, 9, 9)});
  EXPECT_EQ(LabelsOf(set), (std::vector<std::string>{"car", "dog"}));
  const TemporaryFolder folder;
  WriteCoco(set, folder.path() / "c.json");
  ExpectSame(ReadCoco(folder.path() / "c.json"), 1e-12);
  WriteYolo(set, folder.path() / "y");
  ExpectSame(ReadYolo(folder.path() / "y"), 1e-7);
  EXPECT_EQ(ReadFile(folder.path() / "y/classes.txt"), "car\ndog\n");
  WriteVoc(set, folder.path() / "v");
  EXPECT_EQ(ReadVoc(folder.path() / "v").tasks.at(0).annotations.at(0).regions.size(), 3U);
}

TEST(Formats, VocKeepsBounds) {
  const TemporaryFolder folder;
  WriteVoc(SomeLabels(), folder.path());
  EXPECT_EQ(DetectFormat(folder.path()).name, "voc");
  const LabelSet read = ReadVoc(folder.path());
  const auto& regions = read.tasks.at(0).annotations.at(0).regions;
  ASSERT_EQ(regions.size(), 3U);
  EXPECT_EQ(regions[0].outline, BoxOutline({20, 10}, 50, 40));
  EXPECT_EQ(BoundsOf(regions[2].outline).right, 10);
}

TEST(Formats, NamesOfFilesStayInTheirFolderAndApart) {
  LabelSet set = SomeLabels();
  set.tasks.push_back(set.tasks[0]);
  set.tasks.push_back({.picture = "../../etc/pass\nwd.png"});
  set.tasks.push_back({});
  EXPECT_EQ(FileStems(set), (std::vector<std::string>{"a", "a-2", "pass_wd", "picture"}));
}

TEST(CocoAttack, WhatIsNotListedIsNamed) {
  const auto coco = ParseCoco(
      R"({"categories": [{"id": 1, "name": "car"}], "images": [{"id": 5, "file_name": "a", "width": 9, "height": 9}],
          "annotations": [{"image_id": 6, "category_id": 1, "bbox": [0, 0, 1, 1]}]})",
      "c.json");
  ASSERT_FALSE(coco.ok());
  EXPECT_THAT(coco.error().message(), HasSubstr("annotations[0] is of the image 6"));
}

TEST(CocoAttack, ImproperFilesAreRefused) {
  for (const char* text :
       {"", "[]", "{}", R"({"categories": 1, "images": [], "annotations": []})",
        R"({"categories": [1], "images": [], "annotations": []})",
        R"({"categories": [], "images": [{"id": 1, "file_name": "a"}], "annotations": []})"}) {
    const auto coco = ParseCoco(text, "c.json");
    ASSERT_FALSE(coco.ok()) << text;
    EXPECT_EQ(coco.error().code(), Code::kSyntax);
  }
}

TEST(VocAttack, ImproperFilesAreRefused) {
  const std::string size = "<size><width>9</width><height>9</height></size>";
  for (const std::string& text :
       {std::string(), std::string("<a>"), std::string("<x/>"), std::string("<annotation/>"),
        "<annotation>" + size + "<object><name>a</name></object></annotation>",
        "<annotation>" + size + "<object><bndbox><xmin>1</xmin></bndbox></object></annotation>"}) {
    EXPECT_FALSE(ParseVoc(text, "v.xml").ok()) << text;
  }
}

TEST(VocAttack, EntitiesAndDeepNestingDoNoHarm) {
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "<a>";
  EXPECT_FALSE(ParseVoc(deep, "v.xml").ok());
  const auto bomb = ParseVoc(
      "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c "
      "\"&b;&b;\">]><annotation><filename>&c;</filename>"
      "<size><width>9</width><height>9</height></size></annotation>",
      "v.xml");
  ASSERT_TRUE(bomb.ok());
  EXPECT_EQ(bomb->picture, "&c;");
}

TEST(YoloAttack, ABadLineIsNamed) {
  const TemporaryFolder folder;
  WriteFileDurably(folder.path() / "classes.txt", "car\n");
  for (const char* line :
       {"0 1 2 3", "1 0.5 0.5 1 1", "-1 0.5 0.5 1 1", "0 x 0.5 1 1", "0 nan 0 1 1"}) {
    WriteFileDurably(folder.path() / "a.txt", std::string("0 0.5 0.5 1 1\n") + line + "\n");
    try {
      ReadYolo(folder.path());
      ADD_FAILURE() << line;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kSyntax);
      EXPECT_EQ(error.place().line, 2);
    }
  }
}

}  // namespace
}  // namespace keelrow::labels
