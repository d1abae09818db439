#pragma once

#include <cstdint>

namespace keelrow::signals {

/// The machine (or the container's share of /proc), as it is now; zeros where it does not say.
struct HostUsage {
  double cpu_busy_seconds = 0;  // of all processors, since the machine began
  double cpu_idle_seconds = 0;  // waiting for disks included
  double load1 = 0;
  uint64_t memory_bytes = 0;
  uint64_t memory_available_bytes = 0;  // without swapping
  uint64_t received_bytes = 0;          // over the network, loopback left out
  uint64_t sent_bytes = 0;
  uint64_t disk_bytes = 0;  // of the file system of the working folder
  uint64_t disk_available_bytes = 0;
};

HostUsage ReadHostUsage();

}  // namespace keelrow::signals
