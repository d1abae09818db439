#include "cli/progress.h"

#include <unistd.h>

#include <cstdio>

namespace keelrow::cli {
namespace {

constexpr auto kTerminalPause = std::chrono::milliseconds(80);
constexpr auto kPlainPause = std::chrono::seconds(5);

}  // namespace

Progress::Progress(bool quiet)
    : quiet_(quiet),
      terminal_(::isatty(STDERR_FILENO) != 0),
      last_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  Clear();
}

void Progress::Show(const std::string& line) {
  const auto now = std::chrono::steady_clock::now();
  if (quiet_ || now - last_ < (terminal_ ? kTerminalPause : kPlainPause)) return;
  last_ = now;
  std::fputs((terminal_ ? "\r\033[K" + line : line + "\n").c_str(), stderr);
  shown_ = terminal_;
  std::fflush(stderr);
}

void Progress::Keep(const std::string& line) {
  Clear();
  if (!quiet_) std::fputs((line + "\n").c_str(), stderr);
}

void Progress::Clear() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

}  // namespace keelrow::cli
