#pragma once

#include <string>
#include <vector>

#include "deploy/publish.h"
#include "project/project.h"

namespace keelrow::deploy {

/// Who talks to whom, each as HOST:PORT.
struct MonitoringOptions {
  std::vector<std::string> targets;  // services that Prometheus reads; empty: where `serve` listens
  std::vector<std::string> alertmanagers;
};

/// What Prometheus, Alertmanager and Grafana need to watch the project's model service:
/// prometheus.yml, rules.yml, alertmanager.yml and dashboards/*.json. The same project gives the
/// same bytes. Throws kBadValue for an address that is none, and where `serve.port` is 0 and no
/// target was named.
std::vector<File> MonitoringFiles(const project::Project& project,
                                  const MonitoringOptions& options);

}  // namespace keelrow::deploy
