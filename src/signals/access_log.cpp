#include "signals/access_log.h"

#include <array>
#include <charconv>

#include "base/json_text.h"
#include "base/log.h"

namespace keelrow::signals {

std::string AccessLine(const http::Observed& observed) {
  const http::Request& request = observed.request;
  // Written rather than built: a tree of thirteen values took a tenth of a small request's time.
  constexpr size_t kUsual = 384;
  std::string line;
  line.reserve(kUsual);
  const auto count = [&line](std::string_view before, int64_t number) {
    std::array<char, 20> digits;
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    line.append(before).append(digits.data(), static_cast<size_t>(end - digits.data()));
  };
  const int64_t microseconds = observed.duration.count();
  count(R"({"status":)", observed.response.status);
  count(R"(,"ms":)", microseconds / 1000);
  count(".", 1000 + microseconds % 1000);
  line.erase(line.size() - 4, 1);  // the 1 before three digits
  count(R"(,"bytes_in":)", static_cast<int64_t>(request.body.size()));
  count(R"(,"bytes_out":)", static_cast<int64_t>(observed.response.body.size()));
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
  line += '}';
  return line;
}

void LogAccess(const http::Observed& observed) {
  const http::Route* route = observed.request.route;
  const int status = observed.response.status;
  const bool probe = route != nullptr && route->access == http::Access::kOpen &&
                     route->method == "GET" && (status < 400 || status == 503);
  log::WriteSoon(probe ? log::Level::kDebug : log::Level::kInfo, AccessLine(observed));
}

void LogFault(const http::Request& request, std::string_view what) {
  log::Warning("request {} to {} failed: {}", request.id, request.path, what);
}

}  // namespace keelrow::signals
