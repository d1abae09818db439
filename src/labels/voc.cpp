#include <fmt/format.h>

#include <cmath>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "labels/format_functions.h"
#include "labels/geometry.h"
#include "labels/limits.h"

// The format: host.robots.ox.ac.uk/pascal/VOC. Positions are taken as they stand, from 0, as
// Label Studio and most others write them.
namespace keelrow::labels {
namespace {

constexpr size_t kXmlBytesMax = size_t{16} << 20;

std::set<std::filesystem::path> XmlFiles(const std::filesystem::path& folder) {
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".xml") files.insert(entry.path());
  }
  return files;
}

Error Bad(const std::string& source, const std::string& what) {
  return Error(Code::kSyntax, fmt::format("{}: {}", source, what));
}

void AppendObject(pugi::xml_node& root, const Region& region) {
  const Bounds bounds = BoundsOf(region.outline);
  pugi::xml_node object = root.append_child("object");
  object.append_child("name").text().set(region.label.c_str());
  object.append_child("difficult").text().set(0);
  pugi::xml_node box = object.append_child("bndbox");
  box.append_child("xmin").text().set(bounds.left);
  box.append_child("ymin").text().set(bounds.top);
  box.append_child("xmax").text().set(bounds.right);
  box.append_child("ymax").text().set(bounds.bottom);
}

std::string ToXml(const Task& task) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("annotation");
  root.append_child("filename").text().set(task.picture.c_str());
  pugi::xml_node size = root.append_child("size");
  size.append_child("width").text().set(task.width);
  size.append_child("height").text().set(task.height);
  size.append_child("depth").text().set(3);
  for (const Region& region : RegionsToWrite(task)) AppendObject(root, region);
  std::ostringstream text;
  document.save(text, "  ");
  return text.str();
}

}  // namespace

Expected<Task> ParseVoc(std::string_view xml, const std::string& source) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(xml.data(), xml.size());
  if (!parsed) {
    return Bad(source, fmt::format("byte {}: {}", parsed.offset, parsed.description()));
  }
  const pugi::xml_node root = document.child("annotation");
  if (!root) return Bad(source, "it has no <annotation>");
  Task task{.id = root.child("filename").text().as_string(),
            .picture = root.child("filename").text().as_string(),
            .width = root.child("size").child("width").text().as_double(),
            .height = root.child("size").child("height").text().as_double()};
  if (!(task.width > 0 && task.height > 0)) return Bad(source, "its <size> is not proper");
  Annotation annotation;
  for (const pugi::xml_node object : root.children("object")) {
    const pugi::xml_node box = object.child("bndbox");
    const auto edge = [&](const char* name) { return box.child(name).text().as_double(NAN); };
    const Bounds bounds = {edge("xmin"), edge("ymin"), edge("xmax"), edge("ymax")};
    const double sum = bounds.left + bounds.top + bounds.right + bounds.bottom;
    if (!std::isfinite(sum)) {
      return Bad(source,
                 fmt::format("object {} has no proper <bndbox>", annotation.regions.size() + 1));
    }
    if (annotation.regions.size() >= kRegionsMax) {
      return Error(Code::kLimit, fmt::format("{} has more than {} objects", source, kRegionsMax));
    }
    annotation.regions.push_back(
        {.label = object.child("name").text().as_string(),
         .outline = BoxOutline({bounds.left, bounds.top}, bounds.right - bounds.left,
                               bounds.bottom - bounds.top)});
  }
  task.annotations.push_back(std::move(annotation));
  return task;
}

bool IsVoc(const std::filesystem::path& path) {
  return std::filesystem::is_directory(path) && !XmlFiles(path).empty();
}

LabelSet ReadVoc(const std::filesystem::path& path) {
  LabelSet set;
  for (const auto& file : XmlFiles(path)) {
    set.tasks.push_back(ParseVoc(ReadFile(file, kXmlBytesMax), file.string()).Value());
    if (set.tasks.back().id.empty()) set.tasks.back().id = file.stem().string();
  }
  return set;
}

void WriteVoc(const LabelSet& set, const std::filesystem::path& path) {
  MakeFolders(path);
  const std::vector<std::string> stems = FileStems(set);
  for (size_t i = 0; i < set.tasks.size(); ++i) {
    WriteFileDurably(path / (stems[i] + ".xml"), ToXml(set.tasks[i]));
  }
}

}  // namespace keelrow::labels
