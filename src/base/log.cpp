#include "base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>

namespace keelrow::log {
namespace {

constexpr std::chrono::milliseconds kSoon{50};
constexpr size_t kFull = size_t{1} << 20;

/// Gathers lines until it is told to write them, or until there are many. Thread-safe.
class GatheringSink final : public spdlog::sinks::sink {
 public:
  ~GatheringSink() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    if (writer_.joinable()) writer_.join();
    flush();
  }

  void log(const spdlog::details::log_msg& message) override {
    thread_local spdlog::pattern_formatter formatter(kPattern);
    thread_local spdlog::memory_buf_t line;
    line.clear();
    formatter.format(message, line);
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      first = lines_.empty();
      lines_.append(line.data(), line.size());
      if (lines_.size() >= kFull) WriteOut();
    }
    if (first) changed_.notify_one();
  }

  void flush() override {
    const std::lock_guard lock(mutex_);
    WriteOut();
  }

  // The lines have one form.
  void set_pattern(const std::string& /*pattern*/) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}

  /// From now on lines are written soon, whoever tells or does not. False when no thread can be
  /// had.
  bool WriteByItself() {
    std::call_once(started_, [this] {
      try {
        writer_ = std::thread([this] { KeepWriting(); });
      } catch (const std::system_error&) {
      }
    });
    return writer_.joinable();
  }

 private:
  static constexpr const char* kPattern = "%Y-%m-%dT%H:%M:%S.%e %l %v";

  void WriteOut() {
    const std::lock_guard order(writing_);
    Put(std::exchange(lines_, {}));
  }

  /// Who writes lets others go on adding lines.
  void KeepWriting() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      changed_.wait(lock, [this] { return stopping_ || !lines_.empty(); });
      changed_.wait_for(lock, kSoon, [this] { return stopping_; });
      std::unique_lock order(writing_);
      const std::string taken = std::exchange(lines_, {});
      lock.unlock();
      Put(taken);
      order.unlock();
      lock.lock();
    }
  }

  /// To a standard error that is closed or full nothing can be said.
  static void Put(const std::string& lines) {
    if (!lines.empty()) std::ignore = std::fwrite(lines.data(), 1, lines.size(), stderr);
  }

  std::mutex mutex_;
  std::string lines_;
  std::mutex writing_;  // held by who writes, so that lines stay in order; taken after mutex_
  std::condition_variable changed_;
  bool stopping_ = false;
  std::once_flag started_;
  std::thread writer_;
};

struct Log {
  std::shared_ptr<GatheringSink> sink = std::make_shared<GatheringSink>();
  spdlog::logger logger{"keelrow", sink};
};

Log& TheLog() {
  static Log log;  // at the level of kInfo
  return log;
}

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

void SetLevel(Level level) {
  TheLog().logger.set_level(ToSpdlog(level));
}

void Write(Level level, std::string_view message) {
  Log& log = TheLog();
  if (!log.logger.should_log(ToSpdlog(level))) return;
  log.logger.log(ToSpdlog(level), message);
  log.logger.flush();
}

void WriteSoon(Level level, std::string_view message) {
  Log& log = TheLog();
  if (!log.logger.should_log(ToSpdlog(level))) return;
  if (!log.sink->WriteByItself()) return Write(level, message);
  log.logger.log(ToSpdlog(level), message);
}

}  // namespace keelrow::log
