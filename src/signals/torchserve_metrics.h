#pragma once

#include <map>
#include <string>
#include <utility>

#include "signals/exposition.h"
#include "signals/host_usage.h"

namespace keelrow::signals {

/// What TorchServe calls by names of its own, so that its users' dashboards go on working.
struct TorchServeNumbers {
  struct Version {
    double requests = 0;
    double latency_us = 0;  // summed
    double queue_us = 0;    // summed
  };
  std::map<std::pair<std::string, std::string>, Version> versions;  // by model and version
  double answers_2xx = 0;
  double answers_4xx = 0;
  double answers_5xx = 0;
  double cpu_percent = 0;  // of the machine, since somebody asked last
  HostUsage host;
};

/// pytorch/serve, ts/configs/metrics.yaml: what of it has a meaning here.
void AddTorchServeMetrics(const TorchServeNumbers& numbers, Exposition& out);

}  // namespace keelrow::signals
