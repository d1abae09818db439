#include "serve/access_log.h"

#include "base/log.h"

namespace keelrow::serve {

Json AccessLine(const http::Observed& observed) {
  const http::Request& request = observed.request;
  Json line = {{"id", request.id},
               {"remote", request.remote},
               {"method", request.method},
               {"path", request.path},
               {"status", observed.response.status},
               {"ms", static_cast<double>(observed.duration.count()) / 1000},
               {"bytes_in", request.body.size()},
               {"bytes_out", observed.response.body.size()}};
  if (request.trace.known()) line["trace_id"] = request.trace.TraceId();
  if (request.route != nullptr) {
    line["route"] = request.route->pattern;
    line["protocol"] = request.route->protocol;
  }
  if (!request.client_name.empty()) line["client"] = request.client_name;
  if (request.identity) line["subject"] = request.identity->subject;
  return line;
}

void LogAccess(const http::Observed& observed) {
  const http::Route* route = observed.request.route;
  const int status = observed.response.status;
  const bool probe = route != nullptr && route->access == http::Access::kOpen &&
                     route->method == "GET" && (status < 400 || status == 503);
  log::Write(probe ? log::Level::kDebug : log::Level::kInfo,
             AccessLine(observed).dump(-1, ' ', false, Json::error_handler_t::replace));
}

void LogFault(const http::Request& request, std::string_view what) {
  log::Warning("request {} to {} failed: {}", request.id, request.path, what);
}

}  // namespace keelrow::serve
