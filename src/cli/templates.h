#pragma once

#include <string>

namespace keelrow::cli {

/// The text of a new project file, with comments; it runs as it is.
std::string ProjectTemplate(const std::string& task, const std::string& name,
                            const std::string& source);

}  // namespace keelrow::cli
