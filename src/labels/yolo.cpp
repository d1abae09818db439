#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "labels/format_functions.h"
#include "labels/geometry.h"
#include "labels/limits.h"

// The format: docs.ultralytics.com/datasets (detect, obb, segment). Positions are shares of the
// picture, whose size the files do not tell.
namespace keelrow::labels {
namespace {

constexpr const char* kClasses = "classes.txt";
constexpr const char* kLabels = "labels";

std::optional<double> NumberOf(std::string_view word) {
  double number = 0;
  const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (failure != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::vector<std::string> Words(const std::string& line) {
  std::vector<std::string> words;
  for (const std::string& word : SplitText(line, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

std::vector<std::string> Lines(const std::filesystem::path& file) {
  std::vector<std::string> lines;
  for (std::string line : SplitText(ReadFile(file, kTaskBytesMax), '\n')) {
    std::ranges::replace(line, '\t', ' ');
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

/// "CLASS cx cy w h", "CLASS x1 y1 … x4 y4" or a longer polygon; nullopt for anything else.
std::optional<Region> ReadLine(const std::string& line, const std::vector<std::string>& classes) {
  const std::vector<std::string> words = Words(line);
  std::vector<double> numbers;
  for (const std::string& word : words) {
    const auto number = NumberOf(word);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  if (numbers.size() < 5 || numbers.size() % 2 == 0 || numbers.size() > 2 * kPointsMax) {
    return std::nullopt;
  }
  const double index = numbers[0];
  if (index < 0 || index != std::floor(index) || index > 1e6) return std::nullopt;
  if (!classes.empty() && index >= static_cast<double>(classes.size())) return std::nullopt;
  Region region{.label = classes.empty() ? words[0] : classes[static_cast<size_t>(index)]};
  if (numbers.size() == 5) {
    const Point corner = {numbers[1] - numbers[3] / 2, numbers[2] - numbers[4] / 2};
    region.outline = BoxOutline(corner, numbers[3], numbers[4]);
    return region;
  }
  region.box = numbers.size() == 9;
  for (size_t i = 1; i < numbers.size(); i += 2) {
    region.outline.push_back({numbers[i], numbers[i + 1]});
  }
  return region;
}

std::filesystem::path LabelFolder(const std::filesystem::path& folder) {
  const auto inner = folder / kLabels;
  return std::filesystem::is_directory(inner) ? inner : folder;
}

std::set<std::filesystem::path> LabelFiles(const std::filesystem::path& folder) {
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(LabelFolder(folder))) {
    const auto& path = entry.path();
    if (path.extension() == ".txt" && path.filename() != kClasses) files.insert(path);
  }
  return files;
}

std::string LineOf(const Task& task, const Region& region, size_t index) {
  const Bounds bounds = BoundsOf(region.outline);
  if (region.box && IsUpright(region.outline)) {
    return fmt::format(
        "{} {:.8g} {:.8g} {:.8g} {:.8g}\n", index, (bounds.left + bounds.right) / 2 / task.width,
        (bounds.top + bounds.bottom) / 2 / task.height, (bounds.right - bounds.left) / task.width,
        (bounds.bottom - bounds.top) / task.height);
  }
  std::string line = std::to_string(index);
  for (const Point& point : region.outline) {
    line += fmt::format(" {:.8g} {:.8g}", point.x / task.width, point.y / task.height);
  }
  return line + "\n";
}

}  // namespace

bool IsYolo(const std::filesystem::path& path) {
  return std::filesystem::is_directory(path) && !LabelFiles(path).empty();
}

LabelSet ReadYolo(const std::filesystem::path& path) {
  std::vector<std::string> classes;
  if (std::filesystem::exists(path / kClasses)) classes = Lines(path / kClasses);
  while (!classes.empty() && classes.back().empty()) classes.pop_back();
  LabelSet set;
  for (const auto& file : LabelFiles(path)) {
    Task task{.id = file.stem().string(), .picture = file.stem().string(), .width = 1, .height = 1};
    Annotation annotation;
    const std::vector<std::string> lines = Lines(file);
    for (size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].empty()) continue;
      std::optional<Region> region = ReadLine(lines[i], classes);
      if (!region) {
        throw Error(
            Code::kSyntax, "a line is no box and no polygon of a known class",
            {.hint = "CLASS cx cy w h, or CLASS x1 y1 x2 y2 x3 y3 …; classes.txt names them",
             .place = {.file = file.string(), .line = static_cast<int>(i) + 1}});
      }
      if (annotation.regions.size() >= kRegionsMax) {
        throw Error(Code::kLimit, fmt::format("{} has too many lines", file.string()));
      }
      annotation.regions.push_back(std::move(*region));
    }
    task.annotations.push_back(std::move(annotation));
    set.tasks.push_back(std::move(task));
  }
  return set;
}

void WriteYolo(const LabelSet& set, const std::filesystem::path& path) {
  std::map<std::string, size_t> classes;
  std::string names;
  for (const std::string& label : LabelsOf(set)) {
    classes.emplace(label, classes.size());
    names += label + "\n";
  }
  MakeFolders(path / kLabels);
  WriteFileDurably(path / kClasses, names);
  const std::vector<std::string> stems = FileStems(set);
  for (size_t i = 0; i < set.tasks.size(); ++i) {
    const Task& task = set.tasks[i];
    std::string text;
    for (const Region& region : RegionsToWrite(task)) {
      text += LineOf(task, region, classes.at(region.label));
    }
    WriteFileDurably(path / kLabels / (stems[i] + ".txt"), text);
  }
}

}  // namespace keelrow::labels
