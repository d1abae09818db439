#pragma once

// Connections to a server in the same process, as many as a fuzzer makes.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "require.h"

namespace keelrow::fuzz {

/// libFuzzer's clock would break off a connect or recv that waits just then.
inline void LetWaitsGoOn() {
  struct sigaction clock {};
  ::sigaction(SIGALRM, nullptr, &clock);
  clock.sa_flags |= SA_RESTART;
  ::sigaction(SIGALRM, &clock, nullptr);
}

inline sockaddr_in Loopback(uint32_t host, uint16_t port) {
  sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host);
  return address;
}

/// From another address each time: one alone would run out of ports in seconds.
inline int Connect(uint16_t port) {
  static uint32_t turn = 0;
  const int connection = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in from = Loopback(turn++ % 250, 0);
  const sockaddr_in to = Loopback(0, port);
  Require(::bind(connection, reinterpret_cast<const sockaddr*>(&from), sizeof from) == 0,
          "there is a free port");
  Require(::connect(connection, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0,
          "the server takes a connection");
  return connection;
}

/// Sends the bytes, says that no more follow, and reads until the server closes. How long that may
/// take is libFuzzer's to watch. `broken`: the server broke the connection off.
inline std::string Exchange(uint16_t port, std::string_view bytes, bool& broken) {
  const int connection = Connect(port);
  ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ::shutdown(connection, SHUT_WR);
  std::string answers;
  char piece[16384];
  ssize_t got = 0;
  while ((got = ::recv(connection, piece, sizeof piece, 0)) > 0) {
    answers.append(piece, static_cast<size_t>(got));
  }
  broken = got < 0;
  ::close(connection);
  return answers;
}

}  // namespace keelrow::fuzz
