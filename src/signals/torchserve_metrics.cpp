#include "signals/torchserve_metrics.h"

#include <unistd.h>

#include <array>

namespace keelrow::signals {
namespace {

using Kind = Exposition::Kind;
using Rows = std::vector<Exposition::Row>;

constexpr double kMegabyte = 1 << 20;  // TorchServe's megabytes and gigabytes are binary
constexpr double kGigabyte = 1 << 30;

std::string HostName() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

double Percent(double part, double whole) {
  return whole > 0 ? 100 * part / whole : 0;
}

}  // namespace

void AddTorchServeMetrics(const TorchServeNumbers& numbers, Exposition& out) {
  static const std::string host_name = HostName();
  const auto of_host = [&](Kind kind, const char* name, const char* help, double value) {
    out.Add(kind, name, help,
            {{.labels = {{"Hostname", host_name}, {"Level", "Host"}}, .value = value}});
  };
  const auto of_versions = [&](const char* name, const char* help, auto member) {
    Rows rows;
    for (const auto& [key, version] : numbers.versions) {
      rows.push_back({.labels = {{"hostname", host_name},
                                 {"model_name", key.first},
                                 {"model_version", key.second}},
                      .value = version.*member});
    }
    out.Add(Kind::kCounter, name, help, std::move(rows));
  };
  using Version = TorchServeNumbers::Version;
  of_versions("ts_inference_requests_total", "TorchServe's name: predictions.", &Version::requests);
  of_versions("ts_inference_latency_microseconds",
              "TorchServe's name: time of predictions, summed.", &Version::latency_us);
  of_versions("ts_queue_latency_microseconds", "TorchServe's name: time in the queue, summed.",
              &Version::queue_us);
  of_host(Kind::kCounter, "Requests2XX", "TorchServe's name.", numbers.answers_2xx);
  of_host(Kind::kCounter, "Requests4XX", "TorchServe's name.", numbers.answers_4xx);
  of_host(Kind::kCounter, "Requests5XX", "TorchServe's name.", numbers.answers_5xx);

  const HostUsage& host = numbers.host;
  const auto memory = static_cast<double>(host.memory_bytes);
  const auto memory_left = static_cast<double>(host.memory_available_bytes);
  const auto disk = static_cast<double>(host.disk_bytes);
  const auto disk_left = static_cast<double>(host.disk_available_bytes);
  of_host(Kind::kGauge, "CPUUtilization", "TorchServe's name: percent.", numbers.cpu_percent);
  of_host(Kind::kGauge, "MemoryUsed", "TorchServe's name: MB.", (memory - memory_left) / kMegabyte);
  of_host(Kind::kGauge, "MemoryAvailable", "TorchServe's name: MB.", memory_left / kMegabyte);
  of_host(Kind::kGauge, "MemoryUtilization", "TorchServe's name: percent.",
          Percent(memory - memory_left, memory));
  of_host(Kind::kGauge, "DiskUsage", "TorchServe's name: GB.", (disk - disk_left) / kGigabyte);
  of_host(Kind::kGauge, "DiskAvailable", "TorchServe's name: GB.", disk_left / kGigabyte);
  of_host(Kind::kGauge, "DiskUtilization", "TorchServe's name: percent.",
          Percent(disk - disk_left, disk));
}

}  // namespace keelrow::signals
