// jwt_tokens.py compares us with PyJWT through this program.
//
//   jwt-tokens verify JWKS_FILE SECRET_FILE   for each token on standard input its subject, or "-";
//                                             of the issuer `idp` by the keys, of `shared` by the
//                                             secret
//   jwt-tokens sign ALGORITHM                 a token of ours, and the key set to verify it with
#include <fmt/format.h>

#include <iostream>

#include "base/files.h"
#include "gateway/authenticator.h"

namespace keelrow::gateway {
namespace {

Authenticator::Issuer Trusted(const std::string& name, KeySet keys,
                              std::vector<Algorithm> algorithms) {
  return {.trust = {.name = name, .audience = "keelrow", .algorithms = std::move(algorithms)},
          .keys = std::make_shared<const KeyRing>(std::move(keys))};
}

void Verify(const fs::path& jwks, const fs::path& secret) {
  KeySet keys = ParseJwks(ReadFile(jwks), jwks.string()).Value();
  KeySet shared("", VerifyingKey::Hs256(ReadFile(secret)).Value());
  const Authenticator authenticator(
      {Trusted("idp", std::move(keys), {Algorithm::kRs256, Algorithm::kEs256, Algorithm::kEdDsa}),
       Trusted("shared", std::move(shared), {Algorithm::kHs256})},
      nullptr);
  std::string token;
  while (std::getline(std::cin, token)) {
    const auto identity = authenticator.Authenticate({{"Authorization", "Bearer " + token}});
    fmt::print("{}\n", identity ? identity->subject : "-");
  }
}

void Sign(const std::string& name) {
  const Algorithm algorithm = FindAlgorithm(name).value();
  const TokenAuthority authority(
      SigningKey::FromPem(SigningKey::GeneratePem(algorithm), algorithm, name));
  fmt::print("{}\n{}\n", authority.Issue({.subject = "ann", .scopes = {"predict"}}),
             Json{{"keys", Json::array({authority.PublicJwk()})}}.dump());
}

}  // namespace
}  // namespace keelrow::gateway

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 3 && arguments[0] == "verify") {
    keelrow::gateway::Verify(arguments[1], arguments[2]);
  } else if (arguments.size() == 2 && arguments[0] == "sign") {
    keelrow::gateway::Sign(arguments[1]);
  } else {
    return 2;
  }
  return 0;
}
