#include "labels/json_elements.h"

#include <algorithm>
#include <cstdint>

namespace keelrow::labels {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

}  // namespace

std::optional<std::string_view> JsonElements::Next() {
  if (ended_ || !fault_.empty()) return std::nullopt;
  SkipSpace();
  const char opening = at_ < text_.size() ? text_[at_] : '\0';
  if (!started_ && opening != '[') {
    fault_ = "it is no list";
    return std::nullopt;
  }
  if (started_ && opening == ']') {
    ended_ = true;
    return std::nullopt;
  }
  if (started_ && opening != ',') {
    fault_ = "a comma or the end of the list is missing";
    return std::nullopt;
  }
  ++at_;
  SkipSpace();
  if (!started_ && at_ < text_.size() && text_[at_] == ']') {
    ended_ = true;
    return std::nullopt;
  }
  started_ = true;
  const size_t begin = at_;
  if (!SkipElement()) {
    fault_ = "it ends inside an element";
    return std::nullopt;
  }
  return text_.substr(begin, at_ - begin);
}

void JsonElements::SkipSpace() {
  at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size());
}

/// Up to the comma or bracket behind it.
bool JsonElements::SkipElement() {
  int64_t depth = 0;
  for (; at_ < text_.size(); ++at_) {
    switch (text_[at_]) {
      case '"':
        if (!SkipText()) return false;
        break;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (depth == 0) return true;
        --depth;
        break;
      case ',':
        if (depth == 0) return true;
        break;
      default:
        break;
    }
  }
  return false;
}

/// Onto the closing quote.
bool JsonElements::SkipText() {
  while (true) {
    at_ = text_.find_first_of("\"\\", at_ + 1);
    if (at_ == std::string_view::npos) {
      at_ = text_.size();
      return false;
    }
    if (text_[at_] == '"') return true;
    ++at_;  // what is escaped
  }
}

}  // namespace keelrow::labels
