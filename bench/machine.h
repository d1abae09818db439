#pragma once

#include <string>

namespace keelrow::bench {

/// "2 x Intel(R) Xeon(R) Processor, 24 GiB, Debian GNU/Linux 12, 2026-11-24": what a figure must
/// be read with.
std::string DescribeMachine();

/// How many programs ran or wanted to, on average over the last minute.
double SystemLoad();

}  // namespace keelrow::bench
