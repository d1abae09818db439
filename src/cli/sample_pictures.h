#pragma once

#include <filesystem>

namespace keelrow::cli {

/// Draws pictures of three shapes into a folder for each, so that a new project runs before it has
/// data of its own. The same pictures every time.
void WriteSamplePictures(const std::filesystem::path& folder);

}  // namespace keelrow::cli
