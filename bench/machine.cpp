#include "machine.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <ctime>
#include <fstream>

#include "base/parallel.h"

namespace keelrow::bench {
namespace {

/// What stands after `key` and the separator on the first line that begins with it.
std::string Lookup(const char* file, const std::string& key) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) continue;
    const std::string rest = line.substr(line.find_first_of("=:") + 1);
    const size_t first = rest.find_first_not_of(" \t\"");
    return rest.substr(first, rest.find_last_not_of(" \t\"") - first + 1);
  }
  return "unknown";
}

double MemoryGib() {
  const auto pages = static_cast<double>(::sysconf(_SC_PHYS_PAGES));
  return pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / std::exp2(30);
}

}  // namespace

std::string DescribeMachine() {
  return fmt::format("{} x {}, {:.0f} GiB, {}, {:%Y-%m-%d}", AvailableCores(),
                     Lookup("/proc/cpuinfo", "model name"), MemoryGib(),
                     Lookup("/etc/os-release", "PRETTY_NAME"), fmt::gmtime(std::time(nullptr)));
}

double SystemLoad() {
  double load = 0;
  std::ifstream("/proc/loadavg") >> load;
  return load;
}

}  // namespace keelrow::bench
