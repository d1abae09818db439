#include "bundle/checksums.h"

#include <fmt/format.h>

#include "base/text.h"

namespace keelrow::bundle {
namespace {

constexpr size_t kDigestSize = 64;
constexpr size_t kFilesMax = 10'000;

bool IsDigest(std::string_view text) {
  return text.size() == kDigestSize &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// A relative path of plain names: nothing empty, no `.`, no `..`.
bool IsInside(std::string_view path) {
  if (path.find('\0') != std::string_view::npos || path.find('\\') != std::string_view::npos) {
    return false;
  }
  for (const std::string& part : SplitText(path, '/')) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return true;
}

}  // namespace

Expected<Checksums> ParseChecksums(std::string_view text, const std::string& name) {
  Checksums sums;
  const auto bad = [&](std::string_view what, std::string_view line) {
    return Error(Code::kCorrupt, fmt::format("{}: {}: `{}`", name, what, line.substr(0, 200)));
  };
  for (const std::string& line : SplitText(text, '\n')) {
    if (line.empty()) continue;
    const std::string_view view = line;
    if (view.size() < kDigestSize + 3 || !IsDigest(view.substr(0, kDigestSize)) ||
        view.substr(kDigestSize, 2) != "  ") {
      return bad("not a line of checksums", line);
    }
    const std::string path(view.substr(kDigestSize + 2));
    if (!IsInside(path)) return bad("a path that leads outside", line);
    if (!sums.emplace(path, view.substr(0, kDigestSize)).second) return bad("listed twice", line);
    if (sums.size() > kFilesMax) return bad("too many files", line);
  }
  return sums;
}

std::string FormatChecksums(const Checksums& sums) {
  std::string text;
  for (const auto& [path, digest] : sums) text += digest + "  " + path + "\n";
  return text;
}

}  // namespace keelrow::bundle
