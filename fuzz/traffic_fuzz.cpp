// What strangers write into the header of a request that passes the gateway, and what people write
// as addresses: timeouts are sane or absent, no field of one connection is passed on, an address
// that is read names a host and a port.
#include "gateway/deadline.h"
#include "gateway/forwarded_message.h"
#include "gateway/forwarder.h"
#include "gateway/redis.h"
#include "http/client_wire.h"
#include "require.h"

namespace keelrow::fuzz {
namespace {

void CheckHeaders(std::string_view text) {
  http::Request request{.method = "POST", .target = "/predict", .remote = "192.0.2.1:1"};
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const size_t colon = std::min(line.find(':'), line.size());
    request.headers.Add(std::string(line.substr(0, colon)),
                        std::string(line.substr(std::min(colon + 1, line.size()))));
  }
  if (const auto timeout = gateway::RequestedTimeout(request.headers)) {
    Require(timeout->count() >= 0 && *timeout <= std::chrono::hours(100'000'000), "a sane timeout");
  }
  const http::ClientRequest forwarded = gateway::ForwardedRequest(request);
  for (const char* own : {"Connection", "Transfer-Encoding", "Content-Length", "Host", "Upgrade"}) {
    Require(forwarded.headers.Count(own) == 0, "no field of one connection is passed on");
  }
  try {
    const std::string bytes = http::SerializeRequest(forwarded, "backend:80");
    Require(bytes.find("\r\n\r\n") == bytes.size() - 4, "one request, and nothing after it");
  } catch (const Error& error) {
    Require(error.code() == Code::kBadRequest, "what is no request is refused as such");
  }
}

void CheckAddresses(const std::string& text) {
  if (const auto backend = gateway::ParseBackend(text)) {
    Require(!backend->host.empty() && backend->port != 0, "a backend has a host and a port");
  }
  if (const auto redis = gateway::ParseRedisUrl(text)) {
    Require(!redis->host.empty() && redis->port != 0, "Redis has a host and a port");
    Require(redis->database >= 0, "a database is a number");
  }
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  keelrow::fuzz::CheckHeaders(text);
  keelrow::fuzz::CheckAddresses(std::string(text));
  return 0;
}
