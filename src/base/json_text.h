#pragma once

#include <string>
#include <string_view>

namespace keelrow {

/// Appends a text in quotes as JSON has it. For lines and answers that are written at every
/// request, where a tree of values would cost more than what it says. What is not UTF-8 is
/// replaced.
void AppendJsonText(std::string& out, std::string_view text);

}  // namespace keelrow
