#pragma once

#include <cstdint>
#include <string_view>

#include "base/expected.h"

namespace keelrow::data {

/// A moment as tables hold it, in milliseconds since 1970 UTC: `2024-05-31`, `2024-05-31 18:00`,
/// `2024-05-31T18:00:00.250Z`, `…+02:00`, or whole seconds since 1970. Without a zone it is UTC.
/// kBadValue otherwise.
Expected<int64_t> ParseTime(std::string_view text);

}  // namespace keelrow::data
