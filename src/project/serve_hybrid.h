#pragma once

#include <string>
#include <vector>

#include "config/choices.h"

/// `serve.hybrid`: predictions that public endpoints answer. hybrid/setup.h reads it.
namespace keelrow::project {

const std::vector<config::Choice>& EndpointProtocolChoices();
const std::vector<config::Choice>& HybridWhenChoices();

struct EndpointConfig {
  std::string name;
  config::Name<EndpointProtocolChoices> protocol{"open_inference"};
  std::string url;
  std::string model;
  std::string region;
  std::string token_file;
  std::string token_env;
  std::string token_field = "Authorization";
  std::string aws_credentials;
  std::string aws_profile = "default";
  std::string ca;
  Duration timeout{std::chrono::seconds(5)};
  int concurrency = 32;
  double cost = 0;
  double budget = 0;
  Duration period{std::chrono::hours(24)};
  bool plain_http = false;
};

struct HybridRuleConfig {
  std::string name;
  std::string endpoint;
  config::Name<HybridWhenChoices> when{"saturated"};
  std::vector<std::string> models = {"*"};
  std::vector<std::string> tenants = {"*"};
  double share = 1;
  std::vector<std::string> labels;
  double confidence_below = 0;
  bool fallback = true;
};

struct ResidencyConfig {
  std::vector<std::string> tenants;
  std::vector<std::string> regions;
};

struct HybridConfig {
  std::vector<EndpointConfig> endpoints;
  std::vector<HybridRuleConfig> rules;
  std::vector<ResidencyConfig> residency;
};

void Describe(config::Object<EndpointConfig>& object);
void Describe(config::Object<HybridRuleConfig>& object);
void Describe(config::Object<ResidencyConfig>& object);
void Describe(config::Object<HybridConfig>& object);

}  // namespace keelrow::project
