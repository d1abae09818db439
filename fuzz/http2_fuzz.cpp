// Whatever bytes come over a connection that has opened with HTTP/2's preface, the server sees
// requests that are sound, and the connection ends. What the server sends are whole frames.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "base/text.h"
#include "http/grpc.h"
#include "http/server.h"
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
    // libFuzzer's clock would break off a connect or recv that waits just then.
    struct sigaction clock {};
    ::sigaction(SIGALRM, nullptr, &clock);
    clock.sa_flags |= SA_RESTART;
    ::sigaction(SIGALRM, &clock, nullptr);
    return *started;
  }();
  return server.Port();
}

sockaddr_in Loopback(uint32_t host, uint16_t port) {
  sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host);
  return address;
}

/// From another address each time: one alone would run out of ports in seconds.
int Connect() {
  static uint32_t turn = 0;
  const int connection = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in from = Loopback(turn++ % 250, 0);
  const sockaddr_in to = Loopback(0, Port());
  Require(::bind(connection, reinterpret_cast<const sockaddr*>(&from), sizeof from) == 0,
          "there is a free port");
  Require(::connect(connection, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0,
          "the server takes a connection");
  return connection;
}

std::string Exchange(std::string_view bytes) {
  const int connection = Connect();
  const std::string all = std::string(kOpening) + std::string(bytes);
  ::send(connection, all.data(), all.size(), MSG_NOSIGNAL);
  ::shutdown(connection, SHUT_WR);
  std::string answers;
  char piece[16384];
  while (true) {
    const ssize_t got = ::recv(connection, piece, sizeof piece, 0);
    if (got <= 0) break;
    answers.append(piece, static_cast<size_t>(got));
  }
  ::close(connection);
  return answers;
}

void Check(std::string_view bytes) {
  const std::string text = Exchange(bytes);
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
