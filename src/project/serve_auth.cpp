#include "project/serve_auth.h"

#include <set>

namespace keelrow::project {
namespace {

constexpr Duration kLongestSkew{std::chrono::minutes(10)};
constexpr Duration kShortestWatch{std::chrono::milliseconds(10)};
constexpr Duration kLongestWatch{std::chrono::minutes(1)};
constexpr Duration kShortestRefresh{std::chrono::seconds(10)};
constexpr Duration kLongestRefresh{std::chrono::hours(24)};
constexpr size_t kIssuersMax = 16;  // each has a thread that fetches its keys

/// HS256 is for a secret that two share, the others for keys that are published: mixing them is how
/// a public key becomes a secret that everybody knows.
void CheckIssuer(const IssuerConfig& config) {
  if (config.jwks.empty() == config.secret_file.empty()) {
    throw Error(Code::kBadValue, "an issuer needs `jwks` or `secret_file`, and not both");
  }
  const bool secret = !config.secret_file.empty();
  for (const TokenAlgorithm& algorithm : config.algorithms) {
    if (secret == (algorithm.value == "HS256")) continue;
    throw Error(Code::kBadValue, secret ? "with `secret_file` the only algorithm is HS256"
                                        : "HS256 needs `secret_file`: what `jwks` publishes is no "
                                          "secret");
  }
}

void CheckIssuers(const AuthConfig& config) {
  if (config.issuers.size() > kIssuersMax) {
    throw Error(Code::kBadValue, "there can be 16 issuers and no more");
  }
  std::set<std::string> names = {"keelrow"};
  for (const IssuerConfig& issuer : config.issuers) {
    if (names.insert(issuer.issuer).second) continue;
    throw Error(Code::kBadValue, "two issuers are called `" + issuer.issuer + "`",
                {.hint = "`keelrow` is ourselves"});
  }
}

}  // namespace

const std::vector<config::Choice>& TokenAlgorithmChoices() {
  static const std::vector<config::Choice> choices = {
      {.name = "HS256", .help = "A secret that issuer and service share."},
      {.name = "RS256", .help = "RSA of at least 2048 bits."},
      {.name = "ES256", .help = "ECDSA on P-256."},
      {.name = "EdDSA", .help = "Ed25519."},
  };
  return choices;
}

const std::vector<config::Choice>& DescribeAccessChoices() {
  static const std::vector<config::Choice> choices = {
      {.name = "token", .help = "Who has a token of the scope `predict`."},
      {.name = "open", .help = "Everybody who reaches the port."},
  };
  return choices;
}

void Describe(config::Object<JwtConfig>& object) {
  object.Doc("Signed tokens (JWT), made by `keelrow token`.");
  object.Field("ttl", &JwtConfig::ttl, "How long a token lasts.");
  object.Field("algorithm", &JwtConfig::algorithm,
               "How our own tokens are signed. The key is made on first use and lies in .keelrow/, "
               "mode 0600; of a key pair, `keelrow token jwks` prints the public half for others.");
}

void Describe(config::Object<IssuerConfig>& object) {
  object.Doc("Another issuer, whose tokens are taken beside our own.");
  object
      .Field("issuer", &IssuerConfig::issuer,
             "What its tokens have as `iss`, to the letter, such as `https://login.example.org/`.")
      .Required();
  object.Field("audience", &IssuerConfig::audience, "What their `aud` must name.");
  object.Field("algorithms", &IssuerConfig::algorithms,
               "The only algorithms that they may have; without it all that its keys can.");
  object.Field("jwks", &IssuerConfig::jwks,
               "Its public keys: a file, relative to the project file, or a URL. They are read "
               "again when the file changes, after `refresh`, and when a token names a new key.");
  object.Field("secret_file", &IssuerConfig::secret_file,
               "Instead of `jwks`, for HS256: a file with the shared secret, at least 32 bytes.");
  object.Field("scopes", &IssuerConfig::scopes,
               "The most that its tokens may allow, such as `predict:digits`; without it what they "
               "say.");
  object.Field("refresh", &IssuerConfig::refresh, "How often a URL is fetched again.")
      .Range(kShortestRefresh, kLongestRefresh);
  object.Field("plain_http", &IssuerConfig::plain_http,
               "Whether keys may come over http:// from another machine, where whoever stands "
               "between can put in his own.");
  object.Check(CheckIssuer);
}

void Describe(config::Object<AuthConfig>& object) {
  object.Doc(
      "Who may ask for predictions. A token or API key has scopes: an operation (`predict`, "
      "`manage`, `metrics`), or one on a single model (`predict:digits`).");
  object.Field("enabled", &AuthConfig::enabled, "Whether a token is needed.");
  object.Field("metrics", &AuthConfig::metrics,
               "Whether /metrics too needs a token, of the scope `metrics`.");
  object.Field("describe", &AuthConfig::describe,
               "Who may read /openapi.json, /api/models and /api/model, which name the models, "
               "their shapes and labels. The page at / asks for a token then.");
  object.Field("jwt", &AuthConfig::jwt, "Signed tokens.");
  object.Field("issuers", &AuthConfig::issuers, "Others whose tokens are taken.");
  object
      .Field("skew", &AuthConfig::skew,
             "How far the clock of an issuer may be ahead of ours; the end of a token is exact.")
      .Range(Duration{}, kLongestSkew);
  object
      .Field("watch", &AuthConfig::watch,
             "How often the service looks for new revocations and API keys.")
      .Range(kShortestWatch, kLongestWatch);
  object.Check(CheckIssuers);
}

}  // namespace keelrow::project
