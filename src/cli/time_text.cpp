#include "cli/time_text.h"

#include <fmt/chrono.h>
#include <pwd.h>
#include <unistd.h>

namespace keelrow::cli {

std::string TimeText(track::TimeMs time) {
  if (time == 0) return "-";
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(static_cast<std::time_t>(time / 1000)));
}

std::string CurrentUser() {
  const passwd* entry = ::getpwuid(::geteuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::geteuid());
}

}  // namespace keelrow::cli
