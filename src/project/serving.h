#pragma once

#include <string>
#include <vector>

#include "config/described.h"

/// What `keelrow up` reads: the keys `serve` and `gateway` of the project file.
namespace keelrow::project {

struct JwtConfig {
  Duration ttl{std::chrono::hours(24)};
};

struct AuthConfig {
  bool enabled = true;
  JwtConfig jwt;
};

struct ServeLimitsConfig {
  ByteSize body{16'000'000};
  ByteSize bodies{uint64_t{256} << 20};
  ByteSize header{16'384};
  int pixels = 25'000'000;
  Duration body_timeout{std::chrono::seconds(10)};
  Duration idle_timeout{std::chrono::seconds(60)};
  int connections = 4096;
  int queue = 256;
  bool adaptive = true;
};

struct RateConfig {
  double rate = 0;
  double burst = 0;
};

struct SharedLimitConfig {
  std::string redis;
  std::string password_file;
  bool closed = false;
};

struct RateLimitConfig {
  RateConfig all{.rate = 1000};
  RateConfig client;
  RateConfig model;
  ByteSize unit{0};
  SharedLimitConfig shared;
};

struct ServeConfig {
  std::string host = "127.0.0.1";
  int port = 8080;
  int threads = 0;
  AuthConfig auth;
  ServeLimitsConfig limits;
  RateLimitConfig rate_limit;
  Duration watch{std::chrono::milliseconds(200)};
};

struct GatewayConfig {
  std::vector<std::string> backends;
  int attempts = 3;
  Duration attempt_timeout{std::chrono::seconds(30)};
  double retries = 0.2;
  double hedge = 0.95;
};

void Describe(config::Object<GatewayConfig>& object);
void Describe(config::Object<JwtConfig>& object);
void Describe(config::Object<AuthConfig>& object);
void Describe(config::Object<ServeLimitsConfig>& object);
void Describe(config::Object<RateConfig>& object);
void Describe(config::Object<SharedLimitConfig>& object);
void Describe(config::Object<RateLimitConfig>& object);
void Describe(config::Object<ServeConfig>& object);

}  // namespace keelrow::project
