#pragma once

#include <filesystem>

#include "base/expected.h"
#include "labels/annotation.h"

/// What the rows of formats.cpp consist of, each in the file of its name. Read… throws; Parse… is
/// for bytes of strangers: kSyntax, kCorrupt or kLimit, naming the place.
namespace keelrow::labels {

/// Whether it is a file whose first byte, white space aside, is this one.
bool BeginsWith(const std::filesystem::path& path, char first);

bool IsLabelStudio(const std::filesystem::path& path);
LabelSet ReadLabelStudio(const std::filesystem::path& path);
Expected<LabelSet> ParseLabelStudio(std::string_view bytes, const std::string& source);

bool IsCoco(const std::filesystem::path& path);
LabelSet ReadCoco(const std::filesystem::path& path);
Expected<LabelSet> ParseCoco(std::string_view bytes, const std::string& source);
void WriteCoco(const LabelSet& set, const std::filesystem::path& path);

bool IsYolo(const std::filesystem::path& path);
LabelSet ReadYolo(const std::filesystem::path& path);
void WriteYolo(const LabelSet& set, const std::filesystem::path& path);

bool IsVoc(const std::filesystem::path& path);
LabelSet ReadVoc(const std::filesystem::path& path);
Expected<Task> ParseVoc(std::string_view xml, const std::string& source);
void WriteVoc(const LabelSet& set, const std::filesystem::path& path);

}  // namespace keelrow::labels
