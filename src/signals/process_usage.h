#pragma once

#include <cstdint>

namespace keelrow::signals {

/// What this process uses, from /proc; zeros where the system does not say.
struct ProcessUsage {
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  double cpu_seconds = 0;
  double started_seconds = 0;  // since 1970, UTC
  uint64_t open_files = 0;     // descriptors, sockets included
  uint64_t open_files_max = 0;
  uint64_t threads = 0;
};

ProcessUsage ReadProcessUsage();

}  // namespace keelrow::signals
