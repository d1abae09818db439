#pragma once

#include <string>
#include <vector>

#include "config/choices.h"
#include "config/described.h"

/// `serve.request_log` and `serve.cache`: what the service keeps of requests and answers.
namespace keelrow::project {

/// How the files are kept that are not written any more.
const std::vector<config::Choice>& RequestLogFormats();

struct RequestLogConfig {
  std::string folder;
  config::Name<RequestLogFormats> format{"jsonl"};
  double sample = 0.01;
  double rate = 100;
  bool inputs = false;
  bool outputs = true;
  ByteSize body{65'536};
  ByteSize file{uint64_t{64} << 20};
  int files = 8;
  int queue = 256;
};

struct CacheConfig {
  ByteSize bytes{0};
  Duration ttl{std::chrono::minutes(1)};
  std::vector<std::string> models;
};

void Describe(config::Object<CacheConfig>& object);
void Describe(config::Object<RequestLogConfig>& object);

}  // namespace keelrow::project
