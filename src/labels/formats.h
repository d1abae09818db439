#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "labels/annotation.h"

namespace keelrow::labels {

/// One way in which labels lie in files. To add one: a file with the functions, and its row in
/// formats.cpp.
struct Format {
  std::string_view name;  // "coco"
  std::string_view help;
  /// Whether the path looks like this format.
  bool (*matches)(const std::filesystem::path& path);
  /// Throws kNotFound, kSyntax, kCorrupt, kBadExample, kLimit, naming the place.
  LabelSet (*read)(const std::filesystem::path& path);
  /// RegionsToWrite of each task. Null: this format is only read.
  void (*write)(const LabelSet& set, const std::filesystem::path& path);
};

std::span<const Format> Formats();

/// The row of that name; kBadValue, listing the known ones, if there is none.
const Format& FindFormat(std::string_view name);

/// The row that the path looks like; kUnsupported if there is none.
const Format& DetectFormat(const std::filesystem::path& path);

}  // namespace keelrow::labels
