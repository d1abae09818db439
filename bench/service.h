#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/process.h"
#include "http/message.h"

namespace keelrow::bench {

/// One question over HTTP, always by POST.
struct Ask {
  std::string target = "/predict";
  std::string type = "application/json";
  http::Headers headers = {};
  std::string body;
};

/// A server under measurement: ours or a peer's, with whatever processes it consists of. They are
/// gone when the destructor returns.
class Service {
 public:
  /// Standard output and error go to `log`.
  Service(std::vector<std::string> command, uint16_t port, const fs::path& log,
          const fs::path& folder);
  ~Service();
  Service(const Service&) = delete;

  uint16_t port() const { return port_; }
  pid_t pid() const { return process_.pid(); }

  /// The answer once there is one with status 200, as it takes to get there; kTimeout after a
  /// minute, kBadRequest for a refusal that is no "not yet".
  std::string FirstAnswer(const Ask& ask) const;

  /// Resident memory of all its processes together.
  double ResidentMb() const;

  /// Another one that this one needs: it ends later.
  void Keep(std::unique_ptr<Service> other) { kept_ = std::move(other); }

 private:
  std::unique_ptr<Service> kept_;
  uint16_t port_;
  fs::path log_;
  Process process_;
};

/// What a load brought.
struct Load {
  double per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
  int64_t refused = 0;  // answers of another status than 2xx or 3xx, broken connections
};

/// Asks on `connections` for `seconds`, by wrk on one thread.
Load Measure(uint16_t port, const Ask& ask, int connections, double seconds,
             const fs::path& scratch, const fs::path& source);

}  // namespace keelrow::bench
