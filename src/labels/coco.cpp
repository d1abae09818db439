#include <fmt/format.h>

#include <cmath>
#include <unordered_map>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/mapped_file.h"
#include "labels/format_functions.h"
#include "labels/geometry.h"
#include "labels/limits.h"
#include "labels/simdjson_fields.h"

// The format: cocodataset.org/#format-data, "Object Detection".
namespace keelrow::labels {
namespace {

namespace dom = simdjson::dom;

std::vector<double> NumbersOf(const dom::array& array) {
  std::vector<double> numbers;
  for (const dom::element item : array) {
    double number = NAN;
    if (item.get(number) != simdjson::SUCCESS || !std::isfinite(number)) return {};
    numbers.push_back(number);
  }
  return numbers;
}

/// The annotation's only polygon; empty where it has none, several, or a run-length mask.
std::vector<Point> PolygonOf(const dom::object& annotation) {
  dom::array polygons;
  dom::array first;
  if (annotation["segmentation"].get(polygons) != simdjson::SUCCESS || polygons.size() != 1 ||
      polygons.at(0).get(first) != simdjson::SUCCESS) {
    return {};
  }
  const std::vector<double> numbers = NumbersOf(first);
  if (numbers.size() < 6 || numbers.size() % 2 != 0 || numbers.size() > 2 * kPointsMax) return {};
  std::vector<Point> outline;
  for (size_t i = 0; i < numbers.size(); i += 2) outline.push_back({numbers[i], numbers[i + 1]});
  return outline;
}

class CocoReader {
 public:
  explicit CocoReader(const std::string& source) : source_(source) {}

  Expected<LabelSet> Read(const dom::object& root) {
    for (const auto& [key, add] : {std::pair{"categories", &CocoReader::AddCategory},
                                   std::pair{"images", &CocoReader::AddImage},
                                   std::pair{"annotations", &CocoReader::AddAnnotation}}) {
      dom::array items;
      if (root[key].get(items) != simdjson::SUCCESS)
        return Bad(fmt::format("it has no list `{}`", key));
      size_t number = 0;
      for (const dom::element item : items) {
        dom::object object;
        const std::string fault =
            item.get(object) == simdjson::SUCCESS ? (this->*add)(object) : "is no object";
        if (!fault.empty()) return Bad(fmt::format("{}[{}] {}", key, number, fault));
        ++number;
      }
    }
    return std::move(set_);
  }

 private:
  Error Bad(const std::string& what) const {
    return Error(Code::kSyntax, fmt::format("{}: {}", source_, what));
  }

  /// Each returns what is wrong, or nothing.
  std::string AddCategory(const dom::object& category) {
    int64_t id = 0;
    std::string_view name;
    if (category["id"].get(id) != simdjson::SUCCESS) return "has no id";
    if (category["name"].get(name) != simdjson::SUCCESS) return "has no name";
    categories_[id] = name;
    return {};
  }

  std::string AddImage(const dom::object& image) {
    int64_t id = 0;
    std::string_view name;
    if (image["id"].get(id) != simdjson::SUCCESS) return "has no id";
    if (image["file_name"].get(name) != simdjson::SUCCESS) return "has no file_name";
    Task task{.id = std::to_string(id),
              .picture = std::string(name),
              .width = NumberOf(image, "width"),
              .height = NumberOf(image, "height")};
    if (!(task.width > 0 && task.height > 0)) return "has no proper width and height";
    if (!images_.emplace(id, set_.tasks.size()).second) return fmt::format("repeats the id {}", id);
    set_.tasks.push_back(std::move(task));
    return {};
  }

  std::string AddAnnotation(const dom::object& annotation) {
    int64_t image = 0;
    int64_t category = 0;
    int64_t id = 0;
    if (annotation["image_id"].get(image) != simdjson::SUCCESS) return "has no image_id";
    if (annotation["category_id"].get(category) != simdjson::SUCCESS) return "has no category_id";
    const auto task = images_.find(image);
    if (task == images_.end()) return fmt::format("is of the image {}, which is not listed", image);
    const auto name = categories_.find(category);
    if (name == categories_.end()) {
      return fmt::format("is of the category {}, which is not listed", category);
    }
    Region region{.label = name->second, .outline = PolygonOf(annotation)};
    region.box = region.outline.empty();
    if (annotation["id"].get(id) == simdjson::SUCCESS) region.id = std::to_string(id);
    if (region.box) {
      dom::array numbers;
      std::vector<double> box;
      if (annotation["bbox"].get(numbers) == simdjson::SUCCESS) box = NumbersOf(numbers);
      if (box.size() != 4) return "has neither one polygon nor a bbox of four numbers";
      region.outline = BoxOutline({box[0], box[1]}, box[2], box[3]);
    }
    auto& annotations = set_.tasks[task->second].annotations;
    if (annotations.empty()) annotations.emplace_back();
    if (annotations[0].regions.size() >= kRegionsMax) return "is one too many for its image";
    annotations[0].regions.push_back(std::move(region));
    return {};
  }

  const std::string& source_;
  LabelSet set_;
  std::unordered_map<int64_t, std::string> categories_;
  std::unordered_map<int64_t, size_t> images_;  // id → index of the task
};

Json RegionToJson(const Region& region) {
  const Bounds bounds = BoundsOf(region.outline);
  Json polygons = Json::array();
  if (!region.box || !IsUpright(region.outline)) {
    Json polygon = Json::array();
    for (const Point& point : region.outline) {
      polygon.push_back(point.x);
      polygon.push_back(point.y);
    }
    polygons.push_back(std::move(polygon));
  }
  return {
      {"bbox", {bounds.left, bounds.top, bounds.right - bounds.left, bounds.bottom - bounds.top}},
      {"segmentation", std::move(polygons)},
      {"area", Area(region.outline)},
      {"iscrowd", 0}};
}

}  // namespace

Expected<LabelSet> ParseCoco(std::string_view bytes, const std::string& source) {
  if (bytes.size() > kFileBytesMax) {
    return Error(Code::kLimit, fmt::format("{} has {} bytes; at most {} are read", source,
                                           bytes.size(), kFileBytesMax));
  }
  dom::parser parser;
  dom::object root;
  const auto failure = parser.parse(bytes.data(), bytes.size(), true).get(root);
  if (failure != simdjson::SUCCESS) {
    return Error(Code::kSyntax, fmt::format("{}: {}", source, simdjson::error_message(failure)));
  }
  return CocoReader(source).Read(root);
}

bool IsCoco(const std::filesystem::path& path) {
  return BeginsWith(path, '{');
}

LabelSet ReadCoco(const std::filesystem::path& path) {
  const MappedFile file(path);
  return ParseCoco(file.bytes(), path.string()).Value();
}

void WriteCoco(const LabelSet& set, const std::filesystem::path& path) {
  std::unordered_map<std::string, size_t> categories;
  Json root = {
      {"categories", Json::array()}, {"images", Json::array()}, {"annotations", Json::array()}};
  for (const std::string& label : LabelsOf(set)) {
    const size_t id = categories.size() + 1;
    categories[label] = id;
    root["categories"].push_back({{"id", id}, {"name", label}});
  }
  for (size_t i = 0; i < set.tasks.size(); ++i) {
    const Task& task = set.tasks[i];
    root["images"].push_back({{"id", i + 1},
                              {"file_name", task.picture},
                              {"width", task.width},
                              {"height", task.height}});
    for (const Region& region : RegionsToWrite(task)) {
      Json annotation = RegionToJson(region);
      annotation["id"] = root["annotations"].size() + 1;
      annotation["image_id"] = i + 1;
      annotation["category_id"] = categories.at(region.label);
      root["annotations"].push_back(std::move(annotation));
    }
  }
  WriteFileDurably(path, root.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace keelrow::labels
