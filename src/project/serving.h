#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/choices.h"
#include "config/described.h"
#include "project/request_log.h"
#include "project/serve_auth.h"
#include "project/serve_hybrid.h"
#include "project/serve_sequence.h"

/// What `keelrow up` reads: the keys `serve` and `gateway` of the project file.
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

struct BatchConfig {
  int max = 1;
  Duration wait{std::chrono::milliseconds(0)};
};

/// What one model has otherwise than the rest; what is not said is as for all.
struct ServedModelConfig {
  std::optional<BatchConfig> batch;
  int instances = 0;
  int threads = 1;
  int queue = 0;
  std::optional<SequenceConfig> sequence;
};

/// When a model is loaded.
const std::vector<config::Choice>& LoadChoices();

/// One model of a chain.
struct ChainPartConfig {
  std::string model;
  std::string version;
  std::map<std::string, std::string> inputs;
};

/// Which models are served beside the project's own.
struct ModelsConfig {
  std::string folder;
  config::Name<LoadChoices> load{"aliases"};
  ByteSize memory{0};
  std::map<std::string, ServedModelConfig> settings;
  std::map<std::string, std::vector<ChainPartConfig>> chains;
};

/// Who may load, unload and move models, and from where.
struct ManagementConfig {
  std::string listen;
  bool remote = false;
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

/// Where the pictures of Label Studio's tasks may be fetched.
struct LabelStudioConfig {
  std::string url;
  std::string token_file;
  std::vector<std::string> origins;
  // Where Label Studio's own cloud storages lie, whose signed URLs it puts into tasks.
  std::vector<std::string> hosts = {"*.amazonaws.com", "storage.googleapis.com",
                                    "*.blob.core.windows.net"};
};

struct ServeConfig {
  std::string host = "127.0.0.1";
  int port = 8080;
  int threads = 0;
  bool busy_poll = true;
  BatchConfig batch;
  ModelsConfig models;
  AuthConfig auth;
  ServeLimitsConfig limits;
  TlsConfig tls;
  CorsConfig cors;
  TracingConfig tracing;
  RateLimitConfig rate_limit;
  HybridConfig hybrid;
  LabelStudioConfig label_studio;
  ManagementConfig management;
  RequestLogConfig request_log;
  CacheConfig cache;
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
void Describe(config::Object<RateConfig>& object);
void Describe(config::Object<SharedLimitConfig>& object);
void Describe(config::Object<RateLimitConfig>& object);
void Describe(config::Object<ServeLimitsConfig>& object);
void Describe(config::Object<BatchConfig>& object);
void Describe(config::Object<ServedModelConfig>& object);
void Describe(config::Object<ChainPartConfig>& object);
void Describe(config::Object<ModelsConfig>& object);
void Describe(config::Object<ManagementConfig>& object);
void Describe(config::Object<CorsConfig>& object);
void Describe(config::Object<TlsConfig>& object);
void Describe(config::Object<TracingConfig>& object);
void Describe(config::Object<LabelStudioConfig>& object);
void Describe(config::Object<ServeConfig>& object);

}  // namespace keelrow::project
