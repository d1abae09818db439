#include "http/compression.h"

#include <algorithm>
#include <array>

#include "http/encoding.h"

namespace keelrow::http {
namespace {

bool HasBodyOfItsOwn(const Response& response) {
  return response.status != 204 && response.status != 304 &&
         !response.headers.Find("Content-Encoding");
}

void CompressInto(const Request& request, const CompressOptions& options, Response& response) {
  const size_t size = response.body.size();
  if (size < options.bytes_min || size > options.bytes_max || !HasBodyOfItsOwn(response)) return;
  if (!IsCompressible(response.headers.Find("Content-Type").value_or(""))) return;
  // Caches must know that another client gets other bytes, also when this one's are plain.
  response.headers.Add("Vary", "Accept-Encoding");
  const bool on_io = request.route == nullptr || request.route->run_on == RunOn::kIo;
  if (on_io && size > options.bytes_max_on_io) return;
  if (!AcceptsGzip(request.headers)) return;
  response.body = Gzip(response.body);
  response.headers.Set("Content-Encoding", "gzip");
}

}  // namespace

bool IsCompressible(std::string_view content_type) {
  constexpr auto kTypes = std::to_array<std::string_view>(
      {"application/json", "application/javascript", "application/xml", "image/svg+xml",
       "application/openmetrics-text", "application/problem+json"});
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (type == "text/event-stream") return false;  // a piece must arrive when it is sent
  return type.starts_with("text/") || std::ranges::find(kTypes, type) != kTypes.end();
}

Middleware Compress(CompressOptions options) {
  return [options](Request& request, Reply reply, const Next& next) {
    // The request outlives the reply: this closure runs before the answer is given on.
    next(request, Reply([options, &request, reply = std::move(reply)](Response response) mutable {
           CompressInto(request, options, response);
           reply(std::move(response));
         }));
  };
}

}  // namespace keelrow::http
