#include "signals/system_metrics.h"

#include "signals/process_usage.h"

namespace keelrow::signals {

void AddProcess(Exposition& out) {
  const ProcessUsage usage = ReadProcessUsage();
  out.Gauge("process_resident_memory_bytes", "Resident memory.",
            static_cast<double>(usage.resident_bytes));
  out.Gauge("process_virtual_memory_bytes", "Virtual memory.",
            static_cast<double>(usage.virtual_bytes));
  out.Counter("process_cpu_seconds_total", "User and system time.", usage.cpu_seconds);
  out.Gauge("process_start_time_seconds", "When the process began, since 1970, UTC.",
            usage.started_seconds);
  out.Gauge("process_open_fds", "Open files and sockets.", static_cast<double>(usage.open_files));
  out.Gauge("process_max_fds", "Files and sockets that may be open.",
            static_cast<double>(usage.open_files_max));
  out.Gauge("process_threads", "Threads.", static_cast<double>(usage.threads));
}

void AddHost(const HostUsage& host, Exposition& out) {
  out.Add(Exposition::Kind::kCounter, "host_cpu_seconds_total",
          "Of all processors, by whether they worked.",
          {{.labels = {{"mode", "busy"}}, .value = host.cpu_busy_seconds},
           {.labels = {{"mode", "idle"}}, .value = host.cpu_idle_seconds}});
  out.Gauge("host_load1", "Processes that run or wait to, over a minute.", host.load1);
  out.Gauge("host_memory_total_bytes", "Memory of the machine.",
            static_cast<double>(host.memory_bytes));
  out.Gauge("host_memory_available_bytes", "What is left of it without swapping.",
            static_cast<double>(host.memory_available_bytes));
  out.Counter("host_network_receive_bytes_total", "Received over the network, without loopback.",
              static_cast<double>(host.received_bytes));
  out.Counter("host_network_transmit_bytes_total", "Sent over the network, without loopback.",
              static_cast<double>(host.sent_bytes));
  out.Gauge("host_disk_total_bytes", "The file system of the working folder.",
            static_cast<double>(host.disk_bytes));
  out.Gauge("host_disk_available_bytes", "What is left of it.",
            static_cast<double>(host.disk_available_bytes));
}

}  // namespace keelrow::signals
