#include "base/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/files.h"

namespace keelrow {
namespace {

/// Standard error in a file.
class Lines {
 public:
  Lines() {
    const int into = ::open(path_.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    ::dup2(into, STDERR_FILENO);
    ::close(into);
  }
  ~Lines() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    std::filesystem::remove(path_);
  }
  Lines(const Lines&) = delete;

  std::string Read() const { return ReadFile(path_); }

 private:
  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / fmt::format("keelrow-log-{}", ::getpid());
  const int before_ = ::dup(STDERR_FILENO);
};

TEST(Log, WhatIsWrittenSoonIsWrittenByItself) {
  const Lines lines;
  log::WriteSoon(log::Level::kInfo, "a request");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (lines.Read().empty() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(lines.Read().ends_with(" info a request\n")) << lines.Read();
}

TEST(Log, LinesStayInOrder) {
  const Lines lines;
  log::WriteSoon(log::Level::kInfo, "first");
  log::Warning("second");
  const std::string read = lines.Read();
  EXPECT_LT(read.find("info first\n"), read.find("warning second\n"));
  EXPECT_NE(read.find("warning second\n"), std::string::npos) << "at once";
}

TEST(Log, ManyThreadsLoseNoLine) {
  const Lines lines;
  const std::string text(1000, 'x');  // so that there is more than may wait
  std::vector<std::thread> threads;
  constexpr int kEach = 1000;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) log::WriteSoon(log::Level::kInfo, text);
    });
  }
  for (std::thread& thread : threads) thread.join();
  log::Warning("end");
  const std::string read = lines.Read();
  EXPECT_EQ(std::count(read.begin(), read.end(), '\n'), 4 * kEach + 1);
}

}  // namespace
}  // namespace keelrow
