#pragma once

#include <string>

namespace keelrow {

/// An environment variable; empty where it is not set. Nobody here sets one, so from any thread.
std::string Environment(const std::string& variable);

}  // namespace keelrow
