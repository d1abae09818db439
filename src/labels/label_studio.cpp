#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/text.h"
#include "labels/format_functions.h"
#include "labels/json_elements.h"
#include "labels/limits.h"
#include "labels/simdjson_fields.h"

// The export format: labelstud.io/guide/export, "Raw JSON format of completed tasks".
namespace keelrow::labels {
namespace {

namespace dom = simdjson::dom;

/// Positions are in percent; where the picture's size is not told, they stay so.
constexpr double kPercent = 100;

std::string TextOf(const dom::object& object, std::string_view key) {
  dom::element value;
  if (object[key].get(value) != simdjson::SUCCESS) return {};
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return std::string(text);
  int64_t number = 0;
  if (value.get(number) == simdjson::SUCCESS) return std::to_string(number);
  return {};
}

bool IsTrue(const dom::object& object, std::string_view key) {
  bool value = false;
  return object[key].get(value) == simdjson::SUCCESS && value;
}

/// A name, an address, or an object with one of these.
std::string AnnotatorOf(const dom::object& annotation) {
  dom::object person;
  if (annotation["completed_by"].get(person) != simdjson::SUCCESS) {
    return TextOf(annotation, "completed_by");
  }
  const std::string mail = TextOf(person, "email");
  return mail.empty() ? TextOf(person, "id") : mail;
}

/// Several labels of one region are one label, "Car|Red".
std::string LabelOf(const dom::object& value, std::string_view key) {
  dom::array list;
  if (value[key].get(list) != simdjson::SUCCESS) return {};
  std::vector<std::string> labels;
  for (const dom::element item : list) {
    std::string_view text;
    if (item.get(text) == simdjson::SUCCESS) labels.emplace_back(text);
  }
  return JoinText(labels, "|");
}

/// Fills an annotation from its results; false where one is malformed.
class ResultReader {
 public:
  ResultReader(Task& task, LabelSet& set) : task_(task), set_(set) {}

  bool Read(const dom::object& result, Annotation& annotation) {
    std::string_view type;
    dom::object value;
    if (result["type"].get(type) != simdjson::SUCCESS) return false;
    if (result["value"].get(value) != simdjson::SUCCESS) {
      ++set_.skipped;  // relations between regions have none
      return true;
    }
    if (type == "choices") return ReadChoices(value, annotation);
    if (type == "rectanglelabels" || type == "rectangle") {
      return ReadRegion(result, value, annotation, {.label_key = "rectanglelabels", .box = true});
    }
    if (type == "polygonlabels" || type == "polygon") {
      return ReadRegion(result, value, annotation, {.label_key = "polygonlabels", .box = false});
    }
    ++set_.skipped;
    return true;
  }

 private:
  struct RegionKind {
    std::string_view label_key;
    bool box;
  };

  static bool ReadChoices(const dom::object& value, Annotation& annotation) {
    dom::array choices;
    if (value["choices"].get(choices) != simdjson::SUCCESS) return false;
    for (const dom::element choice : choices) {
      std::string_view text;
      if (choice.get(text) != simdjson::SUCCESS) return false;
      annotation.classes.emplace_back(text);
    }
    return true;
  }

  bool ReadRegion(const dom::object& result, const dom::object& value, Annotation& annotation,
                  const RegionKind& kind) {
    task_.width = NumberOf(result, "original_width", task_.width);
    task_.height = NumberOf(result, "original_height", task_.height);
    if (!(task_.width > 0 && task_.height > 0)) return false;
    Region region{.id = TextOf(result, "id"),
                  .label = LabelOf(value, kind.label_key),
                  .box = kind.box,
                  .outline = kind.box ? ReadBox(value) : ReadPoints(value)};
    const auto finite = [](const Point& p) { return std::isfinite(p.x) && std::isfinite(p.y); };
    if (region.outline.empty() || !std::ranges::all_of(region.outline, finite)) return false;
    annotation.regions.push_back(std::move(region));
    return annotation.regions.size() <= kRegionsMax;
  }

  std::vector<Point> ReadBox(const dom::object& value) const {
    const Point corner = Scaled(NumberOf(value, "x"), NumberOf(value, "y"));
    const Point size = Scaled(NumberOf(value, "width"), NumberOf(value, "height"));
    return BoxOutline(corner, size.x, size.y, NumberOf(value, "rotation", 0));
  }

  std::vector<Point> ReadPoints(const dom::object& value) const {
    std::vector<Point> outline;
    dom::array points;
    if (value["points"].get(points) != simdjson::SUCCESS) return {};
    for (const dom::element item : points) {
      dom::array pair;
      double x = NAN;
      double y = NAN;
      if (item.get(pair) != simdjson::SUCCESS || pair.at(0).get(x) != simdjson::SUCCESS ||
          pair.at(1).get(y) != simdjson::SUCCESS || outline.size() >= kPointsMax) {
        return {};
      }
      outline.push_back(Scaled(x, y));
    }
    return outline;
  }

  Point Scaled(double x, double y) const {
    return {x / kPercent * task_.width, y / kPercent * task_.height};
  }

  Task& task_;
  LabelSet& set_;
};

/// The picture's address: `image`, or the first text among the task's data.
std::string PictureOf(const dom::object& task) {
  dom::object data;
  if (task["data"].get(data) != simdjson::SUCCESS) return {};
  const std::string image = TextOf(data, "image");
  if (!image.empty()) return image;
  for (const auto& field : data) {
    std::string_view text;
    if (field.value.get(text) == simdjson::SUCCESS) return std::string(text);
  }
  return {};
}

bool ReadAnnotation(const dom::object& object, Task& task, LabelSet& set) {
  if (IsTrue(object, "was_cancelled")) return true;
  Annotation annotation{.id = TextOf(object, "id"), .annotator = AnnotatorOf(object)};
  dom::array results;
  if (object["result"].get(results) != simdjson::SUCCESS) return false;
  ResultReader reader(task, set);
  for (const dom::element item : results) {
    dom::object result;
    if (item.get(result) != simdjson::SUCCESS || !reader.Read(result, annotation)) return false;
  }
  const auto place =
      IsTrue(object, "ground_truth") ? task.annotations.begin() : task.annotations.end();
  task.annotations.insert(place, std::move(annotation));
  return true;
}

bool ReadTask(const dom::object& object, LabelSet& set) {
  Task task{.id = TextOf(object, "id"),
            .picture = PictureOf(object),
            .width = kPercent,
            .height = kPercent};
  dom::array annotations;
  if (object["annotations"].get(annotations) != simdjson::SUCCESS &&
      object["completions"].get(annotations) != simdjson::SUCCESS) {  // before version 1.0
    return false;
  }
  for (const dom::element item : annotations) {
    dom::object annotation;
    if (item.get(annotation) != simdjson::SUCCESS || !ReadAnnotation(annotation, task, set)) {
      return false;
    }
  }
  set.tasks.push_back(std::move(task));
  return true;
}

Error BadTask(const std::string& source, size_t number, const std::string& what) {
  return Error(Code::kSyntax, fmt::format("{}: task {} of the list {}", source, number, what),
               {.hint = "is it Label Studio's JSON export? JSON-MIN, CSV and others are not read"});
}

}  // namespace

Expected<LabelSet> ParseLabelStudio(std::string_view bytes, const std::string& source) {
  LabelSet set;
  JsonElements elements(bytes);
  dom::parser parser(kTaskBytesMax);
  while (const auto element = elements.Next()) {
    const size_t number = set.tasks.size() + 1;
    dom::element json;
    const auto failure = parser.parse(element->data(), element->size(), true).get(json);
    if (failure == simdjson::CAPACITY) {
      return Error(Code::kLimit, fmt::format("{}: task {} has {} bytes; at most {} are read",
                                             source, number, element->size(), kTaskBytesMax));
    }
    if (failure != simdjson::SUCCESS) {
      return BadTask(source, number, simdjson::error_message(failure));
    }
    dom::object task;
    if (json.get(task) != simdjson::SUCCESS || !ReadTask(task, set)) {
      return BadTask(source, number, "is not a task with annotations");
    }
  }
  if (!elements.fault().empty()) {
    return Error(Code::kSyntax,
                 fmt::format("{}, byte {}: {}", source, elements.at(), elements.fault()));
  }
  return set;
}

bool IsLabelStudio(const std::filesystem::path& path) {
  return BeginsWith(path, '[');
}

LabelSet ReadLabelStudio(const std::filesystem::path& path) {
  const MappedFile file(path);
  return ParseLabelStudio(file.bytes(), path.string()).Value();
}

}  // namespace keelrow::labels
