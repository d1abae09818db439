#include "deploy/template.h"

#include "base/error.h"
#include "base/json.h"

namespace keelrow::deploy {
namespace {

/// Where the name that begins at `begin` ends with `@`; npos when it is no name.
size_t EndOfName(std::string_view text, size_t begin) {
  const size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", begin);
  const bool name = end != std::string_view::npos && end > begin && text[end] == '@';
  return name ? end : std::string_view::npos;
}

}  // namespace

std::string Fill(std::string_view text, const std::map<std::string, std::string>& values) {
  std::string filled;
  while (!text.empty()) {
    const size_t at = std::min(text.find('@'), text.size());
    filled += text.substr(0, at);
    text.remove_prefix(at);
    if (text.empty()) break;
    const size_t end = EndOfName(text, 1);
    if (end == std::string_view::npos) {
      filled += '@';
      text.remove_prefix(1);
      continue;
    }
    const auto value = values.find(std::string(text.substr(1, end - 1)));
    if (value == values.end()) {
      throw Error(Code::kInternal, "a template names " + std::string(text.substr(0, end + 1)));
    }
    filled += value->second;
    text.remove_prefix(end + 1);
  }
  return filled;
}

std::string Quoted(const std::string& text) {
  return Json(text).dump();
}

}  // namespace keelrow::deploy
