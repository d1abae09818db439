#pragma once

// For tests: a socket that sends exactly the bytes it is given, however wrong.

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>

#include "base/error.h"

namespace keelrow::http {

class RawConnection {
 public:
  explicit RawConnection(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw ErrnoError("connect to", std::to_string(port));
    }
  }
  ~RawConnection() { Close(); }
  RawConnection(const RawConnection&) = delete;

  void Close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  /// Says that no more will be sent; answers still come.
  void EndSending() { ::shutdown(socket_, SHUT_WR); }

  /// False when the other side has closed.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  /// Whatever comes until `count` answers stand there whole by their Content-Length, the other
  /// side closes, or `patience` has passed.
  std::string Receive(int count = 1,
                      std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!closed_ && Whole() < count && std::chrono::steady_clock::now() < end) {
      pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, 50) <= 0) continue;
      char piece[65536];
      const ssize_t got = ::recv(socket_, piece, sizeof piece, 0);
      if (got <= 0) closed_ = true;
      if (got > 0) text_.append(piece, static_cast<size_t>(got));
    }
    return std::exchange(text_, {});
  }

  /// Whatever comes within `patience`, perhaps nothing.
  std::string ReceiveSome(std::chrono::milliseconds patience, bool& closed) {
    pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, static_cast<int>(patience.count())) <= 0) return {};
    char piece[65536];
    const ssize_t got = ::recv(socket_, piece, sizeof piece, 0);
    closed = got <= 0;
    return {piece, closed ? 0 : static_cast<size_t>(got)};
  }

  /// True once the other side has closed; what it sent before is dropped.
  bool WaitForClose(std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    Receive(1 << 20, patience);
    return closed_;
  }

 private:
  int Whole() const {
    int count = 0;
    for (size_t at = 0; at < text_.size();) {
      const size_t head = text_.find("\r\n\r\n", at);
      if (head == std::string::npos) return count;
      const size_t field = text_.find("Content-Length: ", at);
      const size_t length = field < head ? std::stoul(text_.substr(field + 16)) : 0;
      at = head + 4 + length;
      if (at <= text_.size()) ++count;
    }
    return count;
  }

  int socket_;
  std::string text_;
  bool closed_ = false;
};

}  // namespace keelrow::http
