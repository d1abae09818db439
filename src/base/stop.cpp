#include "base/stop.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "base/error.h"

namespace keelrow {
namespace {

std::atomic<int> stop_signal{0};

// A pipe, made on first use, so that waits can end the moment a signal arrives.
const std::array<int, 2>& StopPipe() {
  static const std::array<int, 2> ends = [] {
    std::array<int, 2> made{-1, -1};
    if (::pipe2(made.data(), O_CLOEXEC | O_NONBLOCK) != 0) throw ErrnoError("make", "a pipe");
    return made;
  }();
  return ends;
}

void OnSignal(int signal) {
  if (stop_signal.exchange(signal) != 0 && signal == SIGINT) ::_exit(130);
  [[maybe_unused]] const ssize_t written = ::write(StopPipe()[1], "x", 1);
}

}  // namespace

void InstallStopSignals() {
  StopPipe();
  struct sigaction action {};
  action.sa_handler = OnSignal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // `ulimit -f`: the write then says so, as on a full disk
}

bool StopRequested() {
  return stop_signal.load(std::memory_order_relaxed) != 0;
}

int StopSignal() {
  return stop_signal.load();
}

void ThrowIfStopped() {
  if (!StopRequested()) return;
  throw Error(Code::kInterrupted, "stopped on request",
              {.hint = "run the same command again to go on"});
}

void RequestStop(int signal) {
  OnSignal(signal);
}

void ResetStop() {
  stop_signal = 0;
  char drained[64];
  while (::read(StopPipe()[0], drained, sizeof drained) > 0) {
  }
}

bool WaitForStop(std::chrono::milliseconds time) {
  pollfd wait{.fd = StopPipe()[0], .events = POLLIN, .revents = 0};
  if (!StopRequested()) ::poll(&wait, 1, static_cast<int>(time.count()));
  return StopRequested();
}

}  // namespace keelrow
