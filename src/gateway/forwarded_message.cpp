#include "gateway/forwarded_message.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "gateway/deadline.h"

namespace keelrow::gateway {
namespace {

/// Fields of one connection, and those that whoever writes the message makes anew.
constexpr std::array kOwnFields = {"Connection",
                                   "Keep-Alive",
                                   "Proxy-Connection",
                                   "Proxy-Authenticate",
                                   "Proxy-Authorization",
                                   "TE",
                                   "Trailer",
                                   "Transfer-Encoding",
                                   "Upgrade",
                                   "Content-Length",
                                   "Host",
                                   "Expect",
                                   "Date"};

bool IsNamedIn(const std::vector<std::string>& list, std::string_view name) {
  return std::ranges::any_of(list, [&](const std::string& named) {
    return http::EqualIgnoringCase(Trimmed(named), name);
  });
}

bool IsOwn(std::string_view name) {
  return std::ranges::any_of(
      kOwnFields, [&](const char* field) { return http::EqualIgnoringCase(field, name); });
}

http::Headers PassedOn(const http::Headers& headers) {
  std::vector<std::string> connection;  // names further fields of this connection
  for (const auto& [name, value] : headers) {
    if (!http::EqualIgnoringCase(name, "Connection")) continue;
    for (std::string& named : SplitText(value, ',')) connection.push_back(std::move(named));
  }
  http::Headers passed;
  for (const auto& [name, value] : headers) {
    if (!IsOwn(name) && !IsNamedIn(connection, name)) passed.Add(name, value);
  }
  return passed;
}

}  // namespace

http::ClientRequest ForwardedRequest(const http::Request& request) {
  http::ClientRequest forwarded{.method = request.method,
                                .target = request.target,
                                .headers = PassedOn(request.headers),
                                .body = request.body};
  if (!request.id.empty()) forwarded.headers.Set("x-request-id", request.id);
  if (request.trace.known()) forwarded.headers.Set("traceparent", request.trace.Traceparent());
  std::string chain(request.headers.Find("X-Forwarded-For").value_or(""));
  if (!chain.empty()) chain += ", ";
  chain += request.remote.substr(0, request.remote.rfind(':'));
  forwarded.headers.Set("X-Forwarded-For", std::move(chain));
  return forwarded;
}

void SetTimeLeft(http::ClientRequest& request, std::chrono::milliseconds left) {
  request.headers.Set(kTimeoutHeader, std::to_string(std::max<int64_t>(left.count(), 1)));
}

http::Response ForwardedResponse(http::Response response) {
  response.headers = PassedOn(response.headers);
  return response;
}

http::Response BadGateway(std::string_view message) {
  return http::Response::Json(
      {{"error", "bad_gateway"}, {"code", Info(Code::kIo).number}, {"message", message}}, 502);
}

}  // namespace keelrow::gateway
