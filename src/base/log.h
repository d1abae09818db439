#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace keelrow::log {

/// The program's one logger: lines on standard error, `time level message`. Thread-safe.
enum class Level { kDebug, kInfo, kWarning, kError };

void SetLevel(Level level);
void Write(Level level, std::string_view message);

/// The same for lines of which there may be thousands a second: they are written together, within
/// 50 ms, in their order among all lines. A program that is killed loses those of that time.
void WriteSoon(Level level, std::string_view message);

template <class... Args>
void Debug(fmt::format_string<Args...> format, Args&&... args) {
  Write(Level::kDebug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void Info(fmt::format_string<Args...> format, Args&&... args) {
  Write(Level::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void Warning(fmt::format_string<Args...> format, Args&&... args) {
  Write(Level::kWarning, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace keelrow::log
