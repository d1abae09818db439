// No segment of a request's path holds a separator, a control character or a step upwards, and path
// and query, percent-encoded again, are the same. What is UTF-8 without NUL survives encoding.
#include "http/target.h"

#include <algorithm>

#include "base/text.h"
#include "require.h"

namespace keelrow::fuzz {
namespace {

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

void CheckPercent(std::string_view text) {
  const bool sound = IsUtf8(text) && text.find('\0') == std::string_view::npos;
  for (const http::Plus plus : {http::Plus::kLiteral, http::Plus::kSpace}) {
    const auto back = http::PercentDecode(http::PercentEncode(text), plus);
    Require(back.ok() == sound && (!sound || *back == text), "text comes back from encoding");
    const auto decoded = http::PercentDecode(text, plus);
    if (!decoded) continue;
    Require(IsUtf8(*decoded) && decoded->find('\0') == std::string::npos,
            "what is decoded is UTF-8 without NUL");
  }
}

void CheckSegments(const http::Request& request) {
  std::string path;
  for (const std::string& segment : request.segments) {
    Require(segment != "." && segment != ".." && IsUtf8(segment), "a segment is a name");
    Require(segment.find_first_of("/\\") == std::string::npos, "a segment has no separator");
    Require(std::ranges::none_of(segment, IsControl), "a segment has no control character");
    path += "/" + segment;
  }
  Require(path == request.path, "the segments make up the path");
}

std::string Encoded(const http::Request& request) {
  std::string target;
  for (const std::string& segment : request.segments) {
    target += "/" + http::PercentEncode(segment);
  }
  char mark = '?';
  for (const auto& [name, value] : request.query) {
    target += mark + http::PercentEncode(name) + "=" + http::PercentEncode(value);
    mark = '&';
  }
  return target;
}

void CheckTarget(std::string_view text) {
  http::Request request{.target = std::string(text)};
  if (http::ParseTarget(request)) return;
  CheckSegments(request);
  http::Request again{.target = Encoded(request)};
  Require(!http::ParseTarget(again), "an encoded target is read");
  Require(again.segments == request.segments && again.query == request.query,
          "an encoded target is the same");
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = keelrow::fuzz::Text(data, size);
  keelrow::fuzz::CheckPercent(text);
  keelrow::fuzz::CheckTarget(text);
  return 0;
}
