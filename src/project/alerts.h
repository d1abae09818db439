#pragma once

#include <string>

#include "config/described.h"

/// What `keelrow deploy rules` reads: the key `alerts` of the project file. The files that it
/// writes are read by Prometheus and Alertmanager; nothing here changes how the service answers.
namespace keelrow::project {

struct NotifyConfig {
  std::string webhook;     // empty: alerts are only shown
  std::string token_file;  // on Alertmanager's machine
  Duration group_wait{std::chrono::seconds(30)};
  Duration group_interval{std::chrono::minutes(5)};
  Duration repeat_page{std::chrono::hours(1)};
  Duration repeat_ticket{std::chrono::hours(24)};
};

struct AlertsConfig {
  std::string job;  // empty: the project's name
  Duration scrape{std::chrono::seconds(15)};
  Duration window{std::chrono::minutes(1)};
  Duration latency{std::chrono::milliseconds(500)};  // the mission's HighPredictionLatency
  Duration tail_latency{std::chrono::milliseconds(200)};
  Duration latency_for{std::chrono::minutes(5)};
  double availability = 0.9995;
  Duration availability_period{std::chrono::hours(24 * 30)};
  double queue_share = 0.8;
  NotifyConfig notify;
};

void Describe(config::Object<NotifyConfig>& object);
void Describe(config::Object<AlertsConfig>& object);

}  // namespace keelrow::project
