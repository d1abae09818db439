#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"

namespace keelrow::http {

/// multipart/form-data (RFC 7578) from strangers. Each byte of the body is looked at a bounded
/// number of times whatever the boundary (BentoML CVE-2024-9056 was a quadratic one), and nothing
/// is copied: the parts point into the body.
struct Part {
  std::string name;          // of the form field
  std::string filename;      // empty unless a file was sent; never use it as a path
  std::string content_type;  // empty: text/plain
  std::string_view data;
};

struct FormLimits {
  size_t parts_max = 64;
  size_t part_header_bytes_max = 4096;
};

/// `content_type` is the request's header with its boundary. kBadRequest or kLimit.
Expected<std::vector<Part>> ParseMultipart(std::string_view content_type, std::string_view body,
                                           FormLimits limits = {});

/// A parameter of a header value: HeaderParameter("form-data; name=\"a\"", "name") is "a". Quoted
/// values may hold ';' and \-escapes.
std::optional<std::string> HeaderParameter(std::string_view value, std::string_view name);

}  // namespace keelrow::http
