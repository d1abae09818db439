#pragma once

#include <filesystem>

namespace keelrow::models {

/// A folder in which the engine keeps networks as it has compiled them, so that a service is back
/// sooner after a restart: made if need be, and cut back to a bound, oldest files first. Everything
/// in it may be deleted at any time. Empty, which means no cache, where it cannot be written.
std::filesystem::path OpenCompiledCache(const std::filesystem::path& folder);

}  // namespace keelrow::models
