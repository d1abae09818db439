#pragma once

#include <string>

#include "project/serve_auth.h"

/// What `keelrow up` reads: the key `serve` of the project file.
namespace keelrow::project {

struct ServeLimitsConfig {
  ByteSize body{16'000'000};
  ByteSize bodies{uint64_t{256} << 20};
  ByteSize header{16'384};
  int pixels = 25'000'000;
  Duration body_timeout{std::chrono::seconds(10)};
  Duration idle_timeout{std::chrono::seconds(60)};
  int connections = 4096;
  int queue = 256;
};

struct ServeConfig {
  std::string host = "127.0.0.1";
  int port = 8080;
  int threads = 0;
  AuthConfig auth;
  ServeLimitsConfig limits;
  Duration watch{std::chrono::milliseconds(200)};
};

void Describe(config::Object<ServeLimitsConfig>& object);
void Describe(config::Object<ServeConfig>& object);

}  // namespace keelrow::project
