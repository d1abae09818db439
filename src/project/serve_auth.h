#pragma once

#include <string>
#include <vector>

#include "config/choices.h"

/// `serve.auth`: who may ask the service. gateway/setup.h reads it.
namespace keelrow::project {

const std::vector<config::Choice>& TokenAlgorithmChoices();
using TokenAlgorithm = config::Name<TokenAlgorithmChoices>;

const std::vector<config::Choice>& DescribeAccessChoices();
using DescribeAccess = config::Name<DescribeAccessChoices>;

/// Our own tokens.
struct JwtConfig {
  Duration ttl{std::chrono::hours(24)};
  TokenAlgorithm algorithm{"HS256"};
};

/// Another issuer, whose tokens are taken beside our own.
struct IssuerConfig {
  std::string issuer;
  std::string audience = "keelrow";
  std::vector<TokenAlgorithm> algorithms;
  std::string jwks;
  std::string secret_file;
  std::vector<std::string> scopes;
  Duration refresh{std::chrono::minutes(5)};
  bool plain_http = false;
};

struct AuthConfig {
  bool enabled = true;
  bool metrics = false;
  DescribeAccess describe{"token"};
  JwtConfig jwt;
  std::vector<IssuerConfig> issuers;
  Duration skew{std::chrono::seconds(60)};
  Duration watch{std::chrono::milliseconds(200)};
};

void Describe(config::Object<JwtConfig>& object);
void Describe(config::Object<IssuerConfig>& object);
void Describe(config::Object<AuthConfig>& object);

}  // namespace keelrow::project
