#pragma once

#include <string>

namespace keelrow::bench {

/// "2 x Intel(R) Xeon(R) Processor, 24 GiB, Debian GNU/Linux 12, load 0.4, 2026-11-24": what a
/// figure must be read with. The load is that of the last minute, before the case begins.
std::string DescribeMachine();

}  // namespace keelrow::bench
