#pragma once

#include <string>
#include <vector>

#include "config/described.h"

/// What `keelrow up` reads: the key `serve` of the project file.
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
};

struct CorsConfig {
  std::vector<std::string> origins;
  std::vector<std::string> methods = {"GET", "HEAD", "POST"};
  std::vector<std::string> headers = {"Authorization", "Content-Type", "x-request-id",
                                      "traceparent"};
  bool credentials = false;
  Duration max_age{std::chrono::minutes(10)};
};

struct TlsConfig {
  std::string certificate;
  std::string key;
  std::string client_ca;
  Duration handshake_timeout{std::chrono::seconds(10)};
};

struct TracingConfig {
  std::string endpoint;
  double sample = 0.01;
};

struct ServeConfig {
  std::string host = "127.0.0.1";
  int port = 8080;
  int threads = 0;
  AuthConfig auth;
  ServeLimitsConfig limits;
  TlsConfig tls;
  CorsConfig cors;
  TracingConfig tracing;
  Duration watch{std::chrono::milliseconds(200)};
};

void Describe(config::Object<JwtConfig>& object);
void Describe(config::Object<AuthConfig>& object);
void Describe(config::Object<ServeLimitsConfig>& object);
void Describe(config::Object<CorsConfig>& object);
void Describe(config::Object<TlsConfig>& object);
void Describe(config::Object<TracingConfig>& object);
void Describe(config::Object<ServeConfig>& object);

}  // namespace keelrow::project
