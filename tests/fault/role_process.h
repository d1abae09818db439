#pragma once

// `keelrow up` in a process of its own, for tests that kill it.

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/files.h"
#include "base/process.h"
#include "http/client.h"

namespace keelrow::tests {

struct RoleOptions {
  fs::path folder;  // the project's
  uint16_t port = 0;
  std::vector<std::string> arguments = {};
  std::map<std::string, std::string> environment = {};
  fs::path log = {};  // empty: PORT.log in the folder
};

class RoleProcess {
 public:
  explicit RoleProcess(const RoleOptions& options)
      : port_(options.port), process_(CommandOf(options)) {}

  uint16_t port() const { return port_; }
  pid_t pid() const { return process_.pid(); }
  void Signal(int signal) { process_.Signal(signal); }
  ExitStatus Wait() { return process_.Wait(); }

  bool WaitUntilReady() const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < end) {
      if (Get("/readyz").status == 200) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }
  /// Status 0: no answer.
  http::Response Get(const std::string& path) const {
    try {
      return http::Client({.port = port_, .timeout = std::chrono::seconds(5)}).Get(path);
    } catch (const Error&) {
      return {.status = 0};
    }
  }
  bool Says(const std::string& line) const {
    return Get("/metrics").body.find(line) != std::string::npos;
  }
  bool SoonSays(const std::string& line) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!Says(line) && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return Says(line);
  }

 private:
  static Command CommandOf(const RoleOptions& options) {
    std::vector<std::string> arguments = {KEELROW_PROGRAM, "up", "--port",
                                          std::to_string(options.port)};
    arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
    return {.arguments = arguments,
            .folder = options.folder,
            .log = options.log.empty() ? options.folder / fmt::format("{}.log", options.port)
                                       : options.log,
            .environment = options.environment};
  }

  uint16_t port_;
  Process process_;
};

}  // namespace keelrow::tests
