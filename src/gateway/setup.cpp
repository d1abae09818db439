#include "gateway/setup.h"

#include <fmt/format.h>

#include "base/files.h"
#include "base/log.h"
#include "gateway/scope.h"
#include "gateway/secret.h"

namespace keelrow::gateway {
namespace {

constexpr uint64_t kSecretFileBytesMax = 4096;

std::chrono::seconds InSeconds(const Duration& duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration.value);
}

Algorithm AlgorithmOf(const project::TokenAlgorithm& name) {
  return FindAlgorithm(name.value).value();  // both lists are held together by a test
}

std::vector<Algorithm> AlgorithmsOf(const project::IssuerConfig& config) {
  std::vector<Algorithm> algorithms;
  for (const project::TokenAlgorithm& name : config.algorithms) {
    algorithms.push_back(AlgorithmOf(name));
  }
  if (!algorithms.empty()) return algorithms;
  if (!config.secret_file.empty()) return {Algorithm::kHs256};
  return {Algorithm::kRs256, Algorithm::kEs256, Algorithm::kEdDsa};
}

/// As editors leave it: with one line break at its end.
std::string ReadSecret(const fs::path& path) {
  std::string secret = ReadFile(path, kSecretFileBytesMax);
  if (secret.ends_with('\n')) secret.pop_back();
  return secret;
}

void RequireSafe(const http::Url& url, const project::IssuerConfig& config) {
  if (url.https || IsLoopback(url) || config.plain_http) return;
  throw Error(
      Code::kBadValue,
      fmt::format("the keys of `{}` would come over http:// from {}", config.issuer, url.host),
      {.hint = "whoever stands between could put in his own; `plain_http: true` allows it"});
}

std::shared_ptr<const KeyRing> KeysOf(const project::IssuerConfig& config, const fs::path& folder) {
  if (!config.secret_file.empty()) {
    auto key = VerifyingKey::Hs256(ReadSecret(folder / config.secret_file));
    return std::make_shared<const KeyRing>(KeySet("", std::move(key).Value()));
  }
  if (config.jwks.find("://") == std::string::npos) {
    return std::make_shared<const KeyRing>(KeySource{.location = (folder / config.jwks).string()});
  }
  const auto url = http::ParseUrl(config.jwks);
  if (!url) throw Error(Code::kBadValue, url.error().message());  // of the project file
  RequireSafe(*url, config);
  return std::make_shared<const KeyRing>(
      KeySource{.location = config.jwks, .refresh = config.refresh.value});
}

Authenticator::Issuer IssuerOf(const project::IssuerConfig& config, std::chrono::seconds skew,
                               const fs::path& folder) {
  for (const std::string& scope : config.scopes) {
    if (IsScope(scope)) continue;
    throw Error(Code::kBadValue, fmt::format("`{}` is no scope", scope));
  }
  return {.trust = {.name = config.issuer,
                    .audience = config.audience,
                    .algorithms = AlgorithmsOf(config),
                    .scopes = config.scopes,
                    .skew = skew},
          .keys = KeysOf(config, folder)};
}

}  // namespace

TokenAuthority OwnAuthority(const project::AuthConfig& config, const fs::path& workspace) {
  const Algorithm algorithm = AlgorithmOf(config.jwt.algorithm);
  return TokenAuthority(algorithm == Algorithm::kHs256
                            ? SigningKey::Hs256(LoadOrCreateSecret(workspace))
                            : LoadOrCreateSigningKey(workspace, algorithm),
                        {.skew = InSeconds(config.skew)});
}

std::shared_ptr<const Authenticator> MakeAuthenticator(const project::AuthConfig& config,
                                                       const AuthFolders& folders) {
  const TokenAuthority own = OwnAuthority(config, folders.workspace);
  std::vector<Authenticator::Issuer> issuers = {
      {.trust = own.issuer(), .keys = std::make_shared<const KeyRing>(own.keys())}};
  for (const project::IssuerConfig& issuer : config.issuers) {
    issuers.push_back(IssuerOf(issuer, InSeconds(config.skew), folders.project));
  }
  return std::make_shared<const Authenticator>(
      std::move(issuers),
      std::make_shared<const LiveCredentials>(folders.workspace, config.watch.value));
}

}  // namespace keelrow::gateway
