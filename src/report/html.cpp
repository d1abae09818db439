#include "report/html.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "base/base64.h"

namespace keelrow::report {
namespace {

bool StartsCharacter(char byte) {
  return (byte & 0xC0) != 0x80;
}

}  // namespace

std::string PngUri(std::string_view png) {
  return "data:image/png;base64," + EncodeBase64(png);
}

std::string Escape(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      case '\0':
        escaped += "\uFFFD";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string Span(std::string_view css_class, std::string_view text) {
  return fmt::format("<span class=\"{}\">{}</span>", css_class, Escape(text));
}

std::string Percent(double share, int digits) {
  return fmt::format("{:.{}f}\u202F%", 100 * share, digits);
}

std::string Number(double value) {
  if (value != 0 && std::abs(value) < 1e-3) return fmt::format("{:.2e}", value);
  return fmt::format("{:.4g}", value);
}

std::string Count(uint64_t value) {
  std::string digits = std::to_string(value);
  for (auto at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<size_t>(at), ",");
  }
  return digits;
}

std::string Shorten(std::string_view text, size_t columns) {
  std::vector<size_t> starts;
  for (size_t i = 0; i < text.size(); ++i) {
    if (StartsCharacter(text[i])) starts.push_back(i);
  }
  if (starts.size() <= columns) return std::string(text);
  const size_t tail = (columns - 1) / 2;
  const size_t head = columns - 1 - tail;
  return fmt::format("{}…{}", text.substr(0, starts[head]),
                     text.substr(starts[starts.size() - tail]));
}

}  // namespace keelrow::report
