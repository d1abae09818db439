#include "http/form.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>  // memmem
#include <optional>

#include "base/text.h"
#include "http/message.h"

namespace keelrow::http {
namespace {

constexpr size_t kBoundaryMax = 70;  // RFC 2046 section 5.1.1

Error Refused(std::string_view what) {
  return Error(Code::kBadRequest, fmt::format("the multipart body {}", what));
}

/// memmem, unlike string_view::find, is linear for every needle.
size_t FindLinear(std::string_view text, std::string_view needle) {
  const void* found = ::memmem(text.data(), text.size(), needle.data(), needle.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

/// Reads `"…"` with \-escapes from the front of `rest`, past the opening quote.
std::optional<std::string> TakeQuoted(std::string_view& rest) {
  std::string value;
  for (size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return value;
    }
    // Browsers send a backslash of a file name as it is: only \" and \\ are escapes.
    const bool escape =
        rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\');
    value += rest[escape ? ++i : i];
  }
  return std::nullopt;
}

std::optional<std::string> TakeValue(std::string_view& rest) {
  if (!rest.empty() && rest.front() == '"') {
    rest.remove_prefix(1);
    return TakeQuoted(rest);
  }
  const size_t end = std::min(rest.find(';'), rest.size());
  std::string value(Trimmed(rest.substr(0, end)));
  rest.remove_prefix(end);
  return value;
}

/// One "Name: value" line of a part's header.
std::optional<Error> ReadField(std::string_view line, Part& part) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return Refused("has a header line without a colon");
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = Trimmed(line.substr(colon + 1));
  if (EqualIgnoringCase(name, "Content-Type")) part.content_type = value;
  if (EqualIgnoringCase(name, "Content-Transfer-Encoding") && !EqualIgnoringCase(value, "binary")) {
    return Refused("has a part with a Content-Transfer-Encoding; send the bytes as they are");
  }
  if (!EqualIgnoringCase(name, "Content-Disposition")) return std::nullopt;
  const auto field = HeaderParameter(value, "name");
  if (!field) return Refused("has a part without a name");
  part.name = *field;
  part.filename = HeaderParameter(value, "filename").value_or("");
  return std::nullopt;
}

Expected<Part> ReadPart(std::string_view text, const FormLimits& limits) {
  Part part;
  while (!text.starts_with("\r\n")) {
    const size_t end = text.substr(0, limits.part_header_bytes_max).find("\r\n");
    if (end == std::string_view::npos) return Refused("has a part whose header does not end");
    if (auto error = ReadField(text.substr(0, end), part)) return *error;
    text.remove_prefix(end + 2);
  }
  if (part.name.empty()) return Refused("has a part without a name");
  part.data = text.substr(2);
  return part;
}

Expected<std::string> ReadBoundary(std::string_view content_type) {
  const std::string_view type = Trimmed(content_type.substr(0, content_type.find(';')));
  if (!EqualIgnoringCase(type, "multipart/form-data")) {
    return Error(Code::kBadRequest, "the body is not multipart/form-data");
  }
  const auto boundary = HeaderParameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > kBoundaryMax) {
    return Refused(fmt::format("needs a boundary of 1 to {} characters", kBoundaryMax));
  }
  return *boundary;
}

}  // namespace

std::optional<std::string> HeaderParameter(std::string_view value, std::string_view name) {
  std::string_view rest = value;
  rest.remove_prefix(std::min(rest.find(';'), rest.size()));
  while (!rest.empty()) {
    if (rest.front() != ';') return std::nullopt;  // something after a quoted value
    rest = Trimmed(rest.substr(1));
    const size_t end = rest.find_first_of("=;");
    if (end == std::string_view::npos || rest[end] == ';') {  // a word alone
      rest.remove_prefix(std::min(end, rest.size()));
      continue;
    }
    const std::string_view key = Trimmed(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    const auto found = TakeValue(rest);
    if (!found) return std::nullopt;
    if (EqualIgnoringCase(key, name)) return found;
    rest = Trimmed(rest);
  }
  return std::nullopt;
}

Expected<std::vector<Part>> ParseMultipart(std::string_view content_type, std::string_view body,
                                           FormLimits limits) {
  const auto boundary = ReadBoundary(content_type);
  if (!boundary) return boundary.error();
  const std::string opening = "--" + *boundary;
  const std::string delimiter = "\r\n" + opening;
  if (!body.starts_with(opening)) return Refused("does not begin with its boundary");
  body.remove_prefix(opening.size());
  std::vector<Part> parts;
  while (!body.starts_with("--")) {
    if (!body.starts_with("\r\n")) return Refused("has a broken boundary line");
    if (parts.size() == limits.parts_max) {
      return Error(Code::kLimit,
                   fmt::format("the multipart body has more than {} parts", limits.parts_max));
    }
    body.remove_prefix(2);
    const size_t end = FindLinear(body, delimiter);
    if (end == std::string_view::npos) return Refused("ends before its closing boundary");
    auto part = ReadPart(body.substr(0, end), limits);
    if (!part) return part.error();
    parts.push_back(std::move(*part));
    body.remove_prefix(end + delimiter.size());
  }
  return parts;
}

}  // namespace keelrow::http
