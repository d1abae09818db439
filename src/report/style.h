#pragma once

#include <string_view>

namespace keelrow::report {

/// The text of report.css; CMake turns that file into style.cpp.
std::string_view StyleSheet();

}  // namespace keelrow::report
