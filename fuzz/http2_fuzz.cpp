// Whatever bytes come over a connection that has opened with HTTP/2's preface, the server sees
// requests that are sound, and the connection ends. What the server sends are whole frames.
#include "base/text.h"
#include "http/grpc.h"
#include "http/server.h"
#include "loopback.h"
#include "require.h"

namespace keelrow::fuzz {
namespace {

constexpr size_t kBodyMax = 4096;
constexpr std::string_view kOpening("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);

http::Response Look(const http::Request& request) {
  Require(request.path.starts_with('/') && IsUtf8(request.path), "a path is a path");
  Require(request.body.size() <= kBodyMax, "the limit of a body holds");
  for (const auto& [name, value] : request.headers) {
    Require(name.find_first_of(" \r\n:") == std::string::npos, "a field's name is one");
    Require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
            "a field's value is one line");
  }
  return {.status = 200, .headers = {{"Content-Type", http::kProtobuf}}, .body = request.body};
}

uint16_t Port() {
  // Never destroyed: its threads run to the end of the process.
  static const http::Server& server = []() -> const http::Server& {
    auto* started = new http::Server(
        {.limits = {.header_bytes_max = 1024, .body_bytes_max = kBodyMax}},
        http::Router({{.method = "POST", .pattern = "/o", .handler = http::Sync(Look)},
                      {.method = "POST",
                       .pattern = "/m",
                       .handler = http::Sync(Look),
                       .body = http::Body::kMessages}},
                     {[](http::Request& request, http::Reply reply, const http::Next& next) {
                       if (request.route != nullptr) return next(request, std::move(reply));
                       http::Sync(Look)(request, std::move(reply));
                     }}));
    started->Start();
    LetWaitsGoOn();
    return *started;
  }();
  return server.Port();
}

void Check(std::string_view bytes) {
  bool broken = false;  // as it may be while frames still come
  const std::string text = Exchange(Port(), std::string(kOpening).append(bytes), broken);
  std::string_view frames = text;
  while (frames.size() >= 9) {
    const auto byte = [&](size_t i) {
      return static_cast<size_t>(static_cast<uint8_t>(frames[i]));
    };
    const size_t size = byte(0) << 16 | byte(1) << 8 | byte(2);
    Require(size <= 16'384, "a frame is not larger than may be sent");
    Require(byte(3) <= 9, "a frame is of a type that there is");
    if (frames.size() < 9 + size) return;  // broken off: the client had said its last
    frames.remove_prefix(9 + size);
  }
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  keelrow::fuzz::Check(keelrow::fuzz::Text(data, size));
  return 0;
}
