#include "http/target.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace keelrow::http {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Error Refused(std::string_view what) {
  return Error(Code::kBadRequest, fmt::format("the request target {}", what));
}

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool IsSafeSegment(std::string_view segment) {
  if (segment == "." || segment == "..") return false;
  return std::ranges::none_of(segment,
                              [](char c) { return c == '/' || c == '\\' || IsControl(c); });
}

/// Origin form "/a?b"; a proxy's absolute form loses its scheme and host.
std::string_view WithoutAuthority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const size_t slash = target.find('/', scheme.size());
    return slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return target;
}

std::optional<Error> ParsePath(std::string_view raw, Request& request) {
  while (true) {
    const size_t slash = raw.find('/');
    Expected<std::string> segment = PercentDecode(raw.substr(0, slash));
    if (!segment) return segment.error();
    if (!IsSafeSegment(*segment)) return Refused("has an unsafe path segment");
    request.path += '/';
    request.path += *segment;
    request.segments.push_back(std::move(*segment));
    if (slash == std::string_view::npos) return std::nullopt;
    raw.remove_prefix(slash + 1);
  }
}

}  // namespace

Expected<std::string> PercentDecode(std::string_view text, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus == Plus::kSpace) c = ' ';
    if (c == '%') {
      const int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexValue(text[i + 2]) : -1;
      if (high < 0 || low < 0) return Refused("has an incomplete percent-escape");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return Refused("holds a NUL byte");
    decoded += c;
  }
  if (!IsUtf8(decoded)) return Refused("is not UTF-8");
  return decoded;
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (const unsigned char c : text) {
    if (kPlain.find(static_cast<char>(c)) != std::string_view::npos) {
      encoded += static_cast<char>(c);
    } else {
      encoded += '%';
      encoded += kDigits[c >> 4];
      encoded += kDigits[c & 15];
    }
  }
  return encoded;
}

Expected<std::multimap<std::string, std::string, std::less<>>> ParseQuery(std::string_view text) {
  std::multimap<std::string, std::string, std::less<>> fields;
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (field.empty()) continue;
    const size_t equals = std::min(field.find('='), field.size());
    Expected<std::string> name = PercentDecode(field.substr(0, equals), Plus::kSpace);
    if (!name) return name.error();
    const std::string_view raw = field.substr(std::min(equals + 1, field.size()));
    Expected<std::string> value = PercentDecode(raw, Plus::kSpace);
    if (!value) return value.error();
    fields.emplace(std::move(*name), std::move(*value));
  }
  return fields;
}

std::optional<Error> ParseTarget(Request& request) {
  std::string_view target = WithoutAuthority(request.target);
  if (target.empty() || target.front() != '/') return Refused("does not begin with `/`");
  const size_t mark = std::min(target.find('?'), target.size());
  if (std::optional<Error> error = ParsePath(target.substr(1, mark - 1), request)) return error;
  if (mark == target.size()) return std::nullopt;
  auto query = ParseQuery(target.substr(mark + 1));
  if (!query) return query.error();
  request.query = std::move(*query);
  return std::nullopt;
}

}  // namespace keelrow::http
