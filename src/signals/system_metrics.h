#pragma once

#include "signals/exposition.h"
#include "signals/host_usage.h"

namespace keelrow::signals {

/// process_…, with the names that Prometheus' own clients give.
void AddProcess(Exposition& out);
/// host_…: what else runs here, and what is left.
void AddHost(const HostUsage& host, Exposition& out);

}  // namespace keelrow::signals
