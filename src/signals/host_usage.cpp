#include "signals/host_usage.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace keelrow::signals {
namespace {

/// proc(5): user nice system idle iowait irq softirq steal, in ticks; guests are in user already.
void ReadProcessors(HostUsage& usage) {
  std::ifstream stat("/proc/stat");
  std::string name;
  double ticks[8] = {};
  stat >> name;
  for (double& each : ticks) stat >> each;
  const auto a_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  for (size_t i = 0; i < std::size(ticks); ++i) {
    const bool idle = i == 3 || i == 4;
    (idle ? usage.cpu_idle_seconds : usage.cpu_busy_seconds) += ticks[i] / a_second;
  }
}

void ReadMemory(HostUsage& usage) {
  std::ifstream meminfo("/proc/meminfo");
  std::string name;
  uint64_t kibibytes = 0;
  std::string rest;
  while (meminfo >> name >> kibibytes && std::getline(meminfo, rest)) {
    if (name == "MemTotal:") usage.memory_bytes = kibibytes << 10;
    if (name == "MemAvailable:") usage.memory_available_bytes = kibibytes << 10;
  }
}

/// Two lines of heads; then "name: received …", 16 numbers of which the 9th is what was sent.
void ReadNetwork(HostUsage& usage) {
  std::ifstream dev("/proc/net/dev");
  std::string line;
  while (std::getline(dev, line)) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::istringstream name(line.substr(0, colon));
    std::string interface;
    name >> interface;
    if (interface == "lo") continue;
    std::istringstream numbers(line.substr(colon + 1));
    uint64_t value = 0;
    for (int field = 1; field <= 9 && numbers >> value; ++field) {
      if (field == 1) usage.received_bytes += value;
      if (field == 9) usage.sent_bytes += value;
    }
  }
}

void ReadDisk(HostUsage& usage) {
  struct statvfs disk {};
  if (::statvfs(".", &disk) != 0) return;
  usage.disk_bytes = uint64_t{disk.f_blocks} * disk.f_frsize;
  usage.disk_available_bytes = uint64_t{disk.f_bavail} * disk.f_frsize;
}

}  // namespace

HostUsage ReadHostUsage() {
  HostUsage usage;
  ReadProcessors(usage);
  ReadMemory(usage);
  ReadNetwork(usage);
  ReadDisk(usage);
  std::ifstream("/proc/loadavg") >> usage.load1;
  return usage;
}

}  // namespace keelrow::signals
