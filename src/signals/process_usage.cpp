#include "signals/process_usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace keelrow::signals {
namespace {

void ReadMemory(ProcessUsage& usage) {
  std::ifstream statm("/proc/self/statm");
  uint64_t total = 0;
  uint64_t resident = 0;
  statm >> total >> resident;
  const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  usage.virtual_bytes = total * page;
  usage.resident_bytes = resident * page;
}

uint64_t EntriesOf(const char* folder) {
  std::error_code failure;
  std::filesystem::directory_iterator entries(folder, failure);
  return failure ? 0 : static_cast<uint64_t>(std::distance(begin(entries), end(entries)));
}

void ReadFiles(ProcessUsage& usage) {
  const uint64_t entries = EntriesOf("/proc/self/fd");
  usage.open_files = entries > 0 ? entries - 1 : 0;  // one is the listing's own
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) usage.open_files_max = limit.rlim_cur;
}

double CpuSeconds() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double BootSeconds() {
  std::ifstream stat("/proc/stat");
  std::string word;
  while (stat >> word) {
    if (word != "btime") continue;
    double seconds = 0;
    stat >> seconds;
    return seconds;
  }
  return 0;
}

/// proc(5): field 22 of /proc/self/stat, in clock ticks since boot. The second field, the program's
/// name in brackets, may hold blanks; counting begins behind it.
double StartedSeconds() {
  std::ifstream stat("/proc/self/stat");
  std::string line;
  std::getline(stat, line);
  std::istringstream fields(line.substr(std::min(line.rfind(')') + 2, line.size())));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  double ticks = 0;
  fields >> ticks;
  return BootSeconds() + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

ProcessUsage ReadProcessUsage() {
  static const double started = StartedSeconds();
  ProcessUsage usage{.cpu_seconds = CpuSeconds(),
                     .started_seconds = started,
                     .threads = EntriesOf("/proc/self/task")};
  ReadMemory(usage);
  ReadFiles(usage);
  return usage;
}

}  // namespace keelrow::signals
