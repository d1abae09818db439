#include "labels/annotation.h"

#include <cctype>
#include <cmath>
#include <filesystem>
#include <numbers>
#include <set>

namespace keelrow::labels {

namespace {

std::string SafeStem(const std::string& picture) {
  std::string stem = std::filesystem::path(picture).stem().string();
  for (char& letter : stem) {
    const bool plain = std::isalnum(static_cast<unsigned char>(letter)) != 0 ||
                       std::string_view("-_. ").find(letter) != std::string_view::npos;
    if (!plain) letter = '_';
  }
  return stem.empty() ? "picture" : stem.substr(0, 200);  // ext4 allows 255 bytes
}

}  // namespace

std::vector<Point> BoxOutline(Point top_left, double width, double height, double rotation) {
  const double angle = rotation * std::numbers::pi / 180;
  const Point right = {width * std::cos(angle), width * std::sin(angle)};
  const Point down = {-height * std::sin(angle), height * std::cos(angle)};
  const auto [x, y] = top_left;
  return {{x, y},
          {x + right.x, y + right.y},
          {x + right.x + down.x, y + right.y + down.y},
          {x + down.x, y + down.y}};
}

std::vector<std::string> FileStems(const LabelSet& set) {
  std::set<std::string> taken;
  std::vector<std::string> stems;
  for (const Task& task : set.tasks) {
    const std::string stem = SafeStem(task.picture);
    std::string name = stem;
    for (int number = 2; !taken.insert(name).second; ++number)
      name = stem + "-" + std::to_string(number);
    stems.push_back(std::move(name));
  }
  return stems;
}

std::vector<Region> RegionsToWrite(const Task& task) {
  std::vector<Region> regions;
  if (task.annotations.empty()) return regions;
  for (const Region& region : task.annotations[0].regions) {
    if (!region.label.empty()) regions.push_back(region);
  }
  return regions;
}

std::vector<std::string> LabelsOf(const LabelSet& set) {
  std::set<std::string> labels;
  for (const Task& task : set.tasks) {
    for (const Annotation& annotation : task.annotations) {
      for (const Region& region : annotation.regions) labels.insert(region.label);
    }
  }
  labels.erase("");  // a region without label
  return {labels.begin(), labels.end()};
}

}  // namespace keelrow::labels
