#pragma once

#include <string>
#include <string_view>

#include "base/expected.h"
#include "http/message.h"

namespace keelrow::http {

/// Percent-decoding and the request target. Decoded exactly once, segment by segment, so that an
/// encoded slash, dot-dot, NUL or backslash cannot become part of a path (MLflow's and Triton's
/// traversal faults came from decoding late or twice). Everything refused is kBadRequest.

enum class Plus { kLiteral, kSpace };

/// "a%20b" -> "a b". Refuses an incomplete %, a NUL, and what is not UTF-8 (overlong forms too).
Expected<std::string> PercentDecode(std::string_view text, Plus plus = Plus::kLiteral);
/// Everything but letters, digits and "-._~" as %XX.
std::string PercentEncode(std::string_view text);

/// Fills `path`, `segments` and `query` from `request.target`; the Error, if any, is returned.
std::optional<Error> ParseTarget(Request& request);

/// "a=1&b=x+y" into the map; used for queries and for application/x-www-form-urlencoded.
Expected<std::multimap<std::string, std::string, std::less<>>> ParseQuery(std::string_view text);

}  // namespace keelrow::http
