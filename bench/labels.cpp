#include <fmt/format.h>

#include <cmath>

#include "base/files.h"
#include "base/random.h"
#include "case.h"
#include "program.h"

namespace keelrow::bench {
namespace {

constexpr int kTasks = 10'000;
constexpr int kBoxes = 3;  // a task
constexpr const char* kLabels[] = {"Car", "Person", "Tree"};

/// A box inside the picture, in percent, as Label Studio writes it.
Json Box(Random& random) {
  const double width = random.Uniform(5, 30);
  const double height = random.Uniform(5, 30);
  return {{"from_name", "label"},
          {"to_name", "image"},
          {"type", "rectanglelabels"},
          {"original_width", 640},
          {"original_height", 480},
          {"value",
           {{"x", random.Uniform(0, 100 - width)},
            {"y", random.Uniform(0, 100 - height)},
            {"width", width},
            {"height", height},
            {"rotation", 0},
            {"rectanglelabels", {kLabels[random.Below(std::size(kLabels))]}}}}};
}

Json Task(int id, const fs::path& picture) {
  Random random(7, "bench:labels", {static_cast<uint64_t>(id)});
  Json result = Json::array();
  for (int i = 0; i < kBoxes; ++i) result.push_back(Box(random));
  return {{"id", id},
          {"data", {{"image", picture.string()}}},
          {"annotations",
           {{{"id", id}, {"completed_by", 1}, {"was_cancelled", false}, {"result", result}}}}};
}

/// The export, written once a case. All tasks show one picture: the peer opens it for each.
fs::path Export(const Places& places) {
  const fs::path file = places.scratch / "export.json";
  if (fs::exists(file)) return file;
  const fs::path picture = places.scratch / "picture.ppm";
  WriteFileDurably(picture, "P6 640 480 255\n" + std::string(640 * 480 * 3, '\0'));
  WriteFileDurably(places.scratch / "config.xml",
                   "<View><Image name=\"image\" value=\"$image\"/><RectangleLabels name=\"label\" "
                   "toName=\"image\"><Label value=\"Car\"/><Label value=\"Person\"/>"
                   "<Label value=\"Tree\"/></RectangleLabels></View>");
  Json tasks = Json::array();
  for (int i = 1; i <= kTasks; ++i) tasks.push_back(Task(i, picture));
  WriteFileDurably(file, tasks.dump());
  return file;
}

/// What must be the same of two COCO files.
Json Summary(const fs::path& coco) {
  const Json file = ReadJsonFile(coco);
  double edges = 0;
  for (const Json& annotation : file.at("annotations")) {
    for (const double edge : annotation.at("bbox")) edges += edge;
  }
  return {{"images", file.at("images").size()},
          {"annotations", file.at("annotations").size()},
          {"categories", file.at("categories").size()},
          {"edges", edges}};
}

Sample Convert(const std::vector<std::string>& command, const fs::path& coco,
               const Places& places) {
  const double seconds = Run(command, places.scratch / "log.txt").seconds;
  Sample sample{.value = seconds, .answer = Summary(coco)};
  fs::remove(coco);
  return sample;
}

Sample Ours(const Places& places) {
  const fs::path to = places.scratch / "ours.json";
  return Convert(
      {places.bin / "keelrow", "data", "labels", Export(places), "--export", "coco", "--to", to},
      to, places);
}

Sample Theirs(const Places& places) {
  const fs::path to = places.scratch / "theirs";
  return Convert({places.python.parent_path() / "label-studio-converter", "export", "-i",
                  Export(places), "-c", places.scratch / "config.xml", "-o", to, "-f", "COCO"},
                 to / "result.json", places);
}

std::string Fault(const Json& ours, const Json& theirs) {
  for (const char* key : {"images", "annotations", "categories"}) {
    if (ours.at(key) != theirs.at(key)) return fmt::format("another number of {}", key);
  }
  const double difference = ours.at("edges").get<double>() - theirs.at("edges").get<double>();
  return std::abs(difference) < 1 ? "" : fmt::format("edges differ by {} pixels", difference);
}

}  // namespace

std::vector<Case> LabelCases() {
  return {{.suite = "images",
           .name = "labels",
           .peer = "label_studio_converter",
           .unit = "s",
           .more_is_better = false,
           .help = fmt::format(
               "A JSON export of Label Studio with {} tasks of {} boxes, written as COCO; start "
               "of the program included. Ours is `keelrow data labels --export coco`, theirs "
               "`label-studio-converter export`, which opens the picture of each task for its "
               "size where ours takes the size that the export has. Right when both files have "
               "the same number of pictures, boxes and classes, and the same sum of edges.",
               kTasks, kBoxes),
           .limit = "Writing: numbers to text and the tree of the COCO file take about half, "
                    "the kernel's copies a quarter; simdjson's reading is under a tenth.",
           .ours = Ours,
           .theirs = Theirs,
           .fault = Fault}};
}

}  // namespace keelrow::bench
