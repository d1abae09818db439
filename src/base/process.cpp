#include "base/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "base/stop.h"

namespace keelrow {
namespace {

using Clock = std::chrono::steady_clock;

/// Everything that the child needs, prepared before fork: afterwards only async-signal-safe
/// calls are allowed.
struct Prepared {
  std::vector<char*> argv;
  std::vector<std::string> variables;
  std::vector<char*> envp;
  std::string folder;
  Descriptor log{-1};
};

Prepared Prepare(const Command& command) {
  Prepared made;
  for (const std::string& argument : command.arguments) {
    made.argv.push_back(const_cast<char*>(argument.c_str()));
  }
  made.argv.push_back(nullptr);
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    if (!command.environment.contains(text.substr(0, text.find('=')))) {
      made.variables.push_back(text);
    }
  }
  for (const auto& [name, value] : command.environment) {
    made.variables.push_back(name + "=" + value);
  }
  for (std::string& variable : made.variables) made.envp.push_back(variable.data());
  made.envp.push_back(nullptr);
  made.folder = command.folder.string();
  if (!command.log.empty()) {
    made.log =
        Descriptor(::open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (made.log.get() < 0) throw ErrnoError("write", command.log.string());
  }
  return made;
}

[[noreturn]] void BecomeChild(const Prepared& prepared, int output, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  if (!prepared.folder.empty() && ::chdir(prepared.folder.c_str()) != 0) ::_exit(127);
  ::dup2(output, STDOUT_FILENO);
  if (prepared.log.get() >= 0) ::dup2(prepared.log.get(), STDERR_FILENO);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  for (const int signal : {SIGPIPE, SIGTERM, SIGINT}) ::signal(signal, SIG_DFL);
  ::execve(prepared.argv[0], prepared.argv.data(), prepared.envp.data());
  ::_exit(127);
}

constexpr size_t kLineMax = 1 << 20;  // bytes of output without a newline

/// Cuts complete lines off the front of `buffer`.
void TakeLines(std::string& buffer, const std::function<void(const std::string&)>& on_line) {
  size_t begin = 0;
  for (size_t end = 0; (end = buffer.find('\n', begin)) != std::string::npos; begin = end + 1) {
    if (on_line) on_line(buffer.substr(begin, end - begin));
  }
  buffer.erase(0, begin);
  if (buffer.size() > kLineMax) throw Error(Code::kStepFailed, "a program printed an endless line");
}

/// Readable once the process has ended; none, which poll overlooks, on a kernel without such.
int OpenEndNotice(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

/// Whether it is a zombie by now; it stays one.
bool HasEnded(pid_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
         info.si_pid == pid;
}

constexpr int kPollMilliseconds = 100;

}  // namespace

Process::Process(const Command& command) {
  const Prepared prepared = Prepare(command);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw ErrnoError("make", "a pipe");
  output_ = Descriptor(ends[0]);
  const Descriptor child_end(ends[1]);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) BecomeChild(prepared, child_end.get(), parent);
  if (pid_ < 0) throw ErrnoError("start", command.arguments[0]);
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), output_(std::move(other.output_)) {}

Process::~Process() {
  if (pid_ > 0) {
    ::kill(-pid_, SIGKILL);
    Reap();
  }
}

void Process::Signal(int signal) {
  if (pid_ > 0) ::kill(pid_, signal);
}

ExitStatus Process::Wait(const std::function<void(const std::string&)>& on_line,
                         std::chrono::milliseconds grace) {
  std::string buffer;
  std::array<char, 65536> piece;
  Clock::time_point kill_at = Clock::time_point::max();
  const Descriptor ended(OpenEndNotice(pid_));
  std::array<pollfd, 2> waits{{{.fd = output_.get(), .events = POLLIN, .revents = 0},
                               {.fd = ended.get(), .events = POLLIN, .revents = 0}}};
  while (true) {
    if (StopRequested() && kill_at == Clock::time_point::max()) {
      Signal(SIGTERM);
      kill_at = Clock::now() + grace;
    }
    if (Clock::now() > kill_at) ::kill(-pid_, SIGKILL);
    if (::poll(waits.data(), waits.size(), kPollMilliseconds) <= 0) {
      // Without a notice of its end, a child that has closed its output is asked for it.
      if (ended.get() < 0 && waits[0].fd < 0 && HasEnded(pid_)) break;
      continue;
    }
    // What it left behind may hold the pipe open. Until we reap it the group's number is ours.
    if (waits[1].revents != 0) ::kill(-pid_, SIGKILL);
    if (waits[0].revents == 0) break;  // it ended, and nothing is left to read
    const ssize_t got = ::read(output_.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      waits[0] = {.fd = -1, .events = 0, .revents = 0};  // its output is closed, it may work on
      continue;
    }
    buffer.append(piece.data(), static_cast<size_t>(got));
    TakeLines(buffer, on_line);
  }
  if (!buffer.empty() && on_line) on_line(buffer);
  return Reap();
}

ExitStatus Process::Reap() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (WIFSIGNALED(status)) return {.code = -1, .signal = WTERMSIG(status)};
  return {.code = WEXITSTATUS(status), .signal = 0};
}

std::filesystem::path ProgramPath() {
  return std::filesystem::read_symlink("/proc/self/exe");
}

std::filesystem::path SiblingProgram(const std::string& name) {
  const std::filesystem::path path = ProgramPath().parent_path() / name;
  if (std::filesystem::exists(path)) return path;
  throw Error(Code::kEnvironment, fmt::format("{} is not beside {}", name, ProgramPath().string()),
              {.hint = "build it with `make`, or install the whole package"});
}

}  // namespace keelrow
