#include "signals/access_log.h"

#include <fmt/format.h>

#include "base/json_text.h"
#include "base/log.h"

namespace keelrow::signals {

std::string AccessLine(const http::Observed& observed) {
  const http::Request& request = observed.request;
  // Written rather than built: a tree of thirteen values took a tenth of a small request's time.
  std::string line =
      fmt::format(R"({{"status":{},"ms":{},"bytes_in":{},"bytes_out":{})", observed.response.status,
                  static_cast<double>(observed.duration.count()) / 1000, request.body.size(),
                  observed.response.body.size());
  const auto add = [&line](std::string_view name, std::string_view value) {
    line.append(",\"").append(name).append("\":");
    AppendJsonText(line, value);
  };
  add("id", request.id);
  add("remote", request.remote);
  add("method", request.method);
  add("path", request.path);
  if (request.trace.known()) add("trace_id", request.trace.TraceId());
  if (request.route != nullptr) {
    add("route", request.route->pattern);
    add("protocol", request.route->protocol);
  }
  if (!request.client_name.empty()) add("client", request.client_name);
  if (request.identity) add("subject", request.identity->subject);
  return line + "}";
}

void LogAccess(const http::Observed& observed) {
  const http::Route* route = observed.request.route;
  const int status = observed.response.status;
  const bool probe = route != nullptr && route->access == http::Access::kOpen &&
                     route->method == "GET" && (status < 400 || status == 503);
  log::Write(probe ? log::Level::kDebug : log::Level::kInfo, AccessLine(observed));
}

void LogFault(const http::Request& request, std::string_view what) {
  log::Warning("request {} to {} failed: {}", request.id, request.path, what);
}

}  // namespace keelrow::signals
