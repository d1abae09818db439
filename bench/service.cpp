#include "service.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/stop.h"
#include "http/client.h"
#include "program.h"

namespace keelrow::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience(60);
constexpr std::chrono::milliseconds kBetweenAttempts(1);
constexpr std::chrono::seconds kGrace(10);

/// Process::Wait is not called while the service runs, so nobody would read a pipe.
std::vector<std::string> IntoLog(std::vector<std::string> command) {
  command.insert(command.begin(), {"/bin/sh", "-c", R"(exec "$0" "$@" >&2)"});
  return command;
}

/// The children of a process, theirs, and so on.
std::vector<pid_t> Family(pid_t root) {
  std::vector<pid_t> family = {root};
  for (size_t i = 0; i < family.size(); ++i) {
    for (const auto& task : fs::directory_iterator(fmt::format("/proc/{}/task", family[i]))) {
      std::ifstream children(task.path() / "children");
      for (pid_t child = 0; children >> child;) family.push_back(child);
    }
  }
  return family;
}

double ResidentKb(pid_t pid) {
  std::ifstream lines(fmt::format("/proc/{}/smaps_rollup", pid));
  for (std::string word; lines >> word;) {
    double kb = 0;
    if (word == "Rss:" && lines >> kb) return kb;
  }
  throw Error(Code::kIo, fmt::format("cannot read the memory of process {}", pid));
}

/// It is a zombie then, until ~Process.
bool HasEnded(pid_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
         info.si_pid == pid;
}

http::Headers HeadersOf(const Ask& ask) {
  http::Headers headers = ask.headers;
  headers.Set("Content-Type", ask.type);
  return headers;
}

bool IsNotYet(int status) {
  return status == 404 || status == 500 || status == 503;
}

}  // namespace

Service::Service(std::vector<std::string> command, uint16_t port, const fs::path& log,
                 const fs::path& folder)
    : port_(port),
      log_(log),
      process_({.arguments = IntoLog(std::move(command)), .folder = folder, .log = log}) {}

/// First politely: some would leave their children behind.
Service::~Service() {
  const std::vector<pid_t> family = Family(process_.pid());
  process_.Signal(SIGTERM);
  const Clock::time_point end = Clock::now() + kGrace;
  while (Clock::now() < end && !HasEnded(process_.pid())) {
    std::this_thread::sleep_for(kBetweenAttempts);
  }
  for (const pid_t pid : family) ::kill(pid, SIGKILL);
}

std::string Service::FirstAnswer(const Ask& ask) const {
  const Clock::time_point end = Clock::now() + kPatience;
  while (Clock::now() < end) {
    ThrowIfStopped();
    try {
      http::Client client({.port = port_});
      http::Response response = client.Post(ask.target, ask.body, HeadersOf(ask));
      if (response.status == 200) return std::move(response.body);
      if (!IsNotYet(response.status)) {
        throw Error(Code::kBadRequest,
                    fmt::format("status {}: {}", response.status, response.body));
      }
    } catch (const Error& error) {
      if (error.code() != Code::kIo) throw;
    }
    std::this_thread::sleep_for(kBetweenAttempts);
  }
  throw Error(Code::kTimeout, "a server gave no answer within a minute",
              {.hint = "read " + log_.string()});
}

double Service::ResidentMb() const {
  double kb = 0;
  for (const pid_t pid : Family(process_.pid())) kb += ResidentKb(pid);
  return kb / 1024;
}

Load Measure(uint16_t port, const Ask& ask, int connections, double seconds,
             const fs::path& scratch, const fs::path& source) {
  WriteFileDurably(scratch / "body", ask.body);
  std::vector<std::string> command = {"/usr/bin/env",
                                      "wrk",
                                      "-t1",
                                      fmt::format("-c{}", connections),
                                      fmt::format("-d{:.0f}s", seconds),
                                      "--timeout=30s",
                                      "-s",
                                      source / "bench/load.lua",
                                      fmt::format("http://127.0.0.1:{}{}", port, ask.target),
                                      "--",
                                      scratch / "body"};
  for (const auto& [name, value] : HeadersOf(ask)) command.push_back(name + "=" + value);
  const Json said = Run(command, scratch / "log.txt").Answer();
  return {.per_second = said.at("per_second"),
          .p50_us = said.at("p50_us"),
          .p99_us = said.at("p99_us"),
          .refused = said.at("refused").get<int64_t>() + said.at("broken").get<int64_t>()};
}

}  // namespace keelrow::bench
