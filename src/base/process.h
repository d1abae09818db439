#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/descriptor.h"

namespace keelrow {

/// What to start. `log` receives standard error; standard output comes line by line to OnLine.
struct Command {
  std::vector<std::string> arguments;  // arguments[0] is the program's path
  std::filesystem::path folder = {};   // working folder; empty: ours
  std::filesystem::path log = {};      // appended to; empty: our own standard error
  std::map<std::string, std::string> environment = {};  // added to ours
};

struct ExitStatus {
  int code = 0;    // exit code, or -1 when killed
  int signal = 0;  // the signal that killed it, or 0
  bool ok() const { return code == 0 && signal == 0; }
};

/// A child process in a process group of its own, which dies with us (PR_SET_PDEATHSIG). The
/// destructor kills what still runs.
class Process {
 public:
  explicit Process(const Command& command);
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  Process(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal);

  /// Reads lines until the child ends, then reaps it; what it started and left behind is killed,
  /// so that nothing writes on. When a stop is requested the child gets SIGTERM, and SIGKILL once
  /// `grace` has passed.
  ExitStatus Wait(const std::function<void(const std::string&)>& on_line = {},
                  std::chrono::milliseconds grace = std::chrono::seconds(20));

 private:
  ExitStatus Reap();

  pid_t pid_ = -1;
  Descriptor output_{-1};
};

/// Path of the running program, and of a sibling program installed beside it.
std::filesystem::path ProgramPath();
std::filesystem::path SiblingProgram(const std::string& name);

}  // namespace keelrow
