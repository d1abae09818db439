#include "labels/formats.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/text.h"
#include "labels/format_functions.h"

namespace keelrow::labels {
namespace {

constexpr Format kFormats[] = {
    {"label_studio", "Label Studio's JSON export: a list of tasks.", IsLabelStudio, ReadLabelStudio,
     nullptr},
    {"coco", "One JSON object with images, annotations and categories.", IsCoco, ReadCoco,
     WriteCoco},
    {"yolo", "A folder with classes.txt and a labels/NAME.txt for each picture.", IsYolo, ReadYolo,
     WriteYolo},
    {"voc", "A folder with an XML file for each picture, as Pascal VOC has it.", IsVoc, ReadVoc,
     WriteVoc},
};

std::string Known() {
  std::vector<std::string> names;
  for (const Format& format : kFormats) names.emplace_back(format.name);
  return "known formats: " + JoinText(names, ", ");
}

}  // namespace

bool BeginsWith(const std::filesystem::path& path, char first) {
  if (!std::filesystem::is_regular_file(path)) return false;
  const MappedFile file(path);
  const size_t at = file.bytes().find_first_not_of(" \t\r\n");
  return at != std::string_view::npos && file.bytes()[at] == first;
}

std::span<const Format> Formats() {
  return kFormats;
}

const Format& FindFormat(std::string_view name) {
  const auto* row = std::ranges::find(kFormats, name, &Format::name);
  if (row != std::end(kFormats)) return *row;
  throw Error(Code::kBadValue, fmt::format("there is no format of labels called `{}`", name),
              {.hint = Known()});
}

const Format& DetectFormat(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) {
    throw Error(Code::kNotFound, fmt::format("there is no {}", path.string()));
  }
  for (const Format& format : kFormats) {
    if (format.matches(path)) return format;
  }
  throw Error(Code::kUnsupported, fmt::format("{} looks like no format of labels", path.string()),
              {.hint = Known()});
}

}  // namespace keelrow::labels
