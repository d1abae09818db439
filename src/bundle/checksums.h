#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace keelrow::bundle {

/// SHA256SUMS as `sha256sum` writes it: 64 hexadecimal digits, two blanks, a relative path.
using Checksums = std::map<std::string, std::string>;  // path → digest

/// kCorrupt for a malformed line, a path that is absolute or climbs out, a path that stands twice.
Expected<Checksums> ParseChecksums(std::string_view text, const std::string& name);
std::string FormatChecksums(const Checksums& sums);

}  // namespace keelrow::bundle
