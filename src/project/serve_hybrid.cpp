#include "project/serve_hybrid.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace keelrow::project {
namespace {

constexpr size_t kEndpointsMax = 16;
constexpr Duration kShortestTimeout{std::chrono::milliseconds(10)};
constexpr Duration kLongestTimeout{std::chrono::minutes(10)};
constexpr Duration kShortestPeriod{std::chrono::minutes(1)};
constexpr Duration kLongestPeriod{std::chrono::hours(24 * 366)};
constexpr double kMoneyMax = 1e9;

/// Names are labels of metrics, and of files.
void CheckName(const std::string& name, const char* what) {
  const bool plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
  if (plain && !name.empty() && name.size() <= 64) return;
  throw Error(Code::kBadValue,
              fmt::format("the name of {} is 1 to 64 letters, digits, `-` and `_`", what));
}

void CheckEndpoint(const EndpointConfig& config) {
  CheckName(config.name, "an endpoint");
  const bool aws = config.protocol.value == "sagemaker";
  if (config.url.empty() && !(aws && !config.region.empty())) {
    throw Error(Code::kBadValue, "an endpoint needs a `url`",
                {.hint = "for sagemaker `region` is enough"});
  }
  if (aws && config.model.empty()) {
    throw Error(Code::kBadValue, "`model` names the endpoint of SageMaker");
  }
  if (aws && config.region.empty()) {
    throw Error(Code::kBadValue, "requests to SageMaker are signed for a `region`");
  }
  if (!config.token_file.empty() && !config.token_env.empty()) {
    throw Error(Code::kBadValue, "`token_file` or `token_env`, and not both");
  }
  if (config.budget > 0 && config.cost <= 0) {
    throw Error(Code::kBadValue, "a `budget` needs the `cost` of one request");
  }
}

void CheckRule(const HybridRuleConfig& config) {
  CheckName(config.name, "a rule");
  if (config.when.value != "long_tail") return;
  if (!config.labels.empty() || config.confidence_below > 0) return;
  throw Error(Code::kBadValue, "a rule about the long tail needs `labels` or `confidence_below`");
}

void CheckHybrid(const HybridConfig& config) {
  if (config.endpoints.size() > kEndpointsMax) {
    throw Error(Code::kBadValue, "there can be 16 endpoints and no more");
  }
  std::set<std::string> endpoints, rules;
  for (const EndpointConfig& endpoint : config.endpoints) {
    if (endpoints.insert(endpoint.name).second) continue;
    throw Error(Code::kBadValue, fmt::format("two endpoints are called `{}`", endpoint.name));
  }
  for (const HybridRuleConfig& rule : config.rules) {
    if (!rules.insert(rule.name).second) {
      throw Error(Code::kBadValue, fmt::format("two rules are called `{}`", rule.name));
    }
    if (endpoints.contains(rule.endpoint)) continue;
    throw Error(Code::kBadValue, fmt::format("the rule `{}` is about the endpoint `{}`, and there "
                                             "is none of that name",
                                             rule.name, rule.endpoint));
  }
}

}  // namespace

const std::vector<config::Choice>& EndpointProtocolChoices() {
  static const std::vector<config::Choice> choices = {
      {.name = "keelrow", .help = "Another Keelrow: every request as it came."},
      {.name = "open_inference", .help = "The Open Inference Protocol: /v2/models/MODEL/infer."},
      {.name = "sagemaker",
       .help = "An endpoint of Amazon SageMaker; any body its container takes."},
      {.name = "openai", .help = "/v1/chat/completions, /v1/completions, /v1/embeddings."},
  };
  return choices;
}

const std::vector<config::Choice>& HybridWhenChoices() {
  static const std::vector<config::Choice> choices = {
      {.name = "always", .help = "Without asking the private side."},
      {.name = "not_loaded", .help = "There is no such model here, or it is not loaded."},
      {.name = "saturated", .help = "The private side has too much to do."},
      {.name = "long_tail", .help = "Its answer is one of `labels`, or not a sure one."},
  };
  return choices;
}

void Describe(config::Object<EndpointConfig>& object) {
  object.Doc(
      "A model service that is not ours. The body goes there, and what says how to read it; never "
      "a client's token or address.");
  object.Field("name", &EndpointConfig::name, "What rules and metrics call it.").Required();
  object.Field("protocol", &EndpointConfig::protocol,
               "What it speaks; requests of other protocols are not sent there.");
  object.Field("url", &EndpointConfig::url, "Where its paths begin: `https://models.example.com`.");
  object.Field("model", &EndpointConfig::model,
               "The model's name there; empty: as here. For sagemaker the endpoint's name.");
  object.Field("region", &EndpointConfig::region,
               "Where the data go: what `residency` looks at, and what AWS' signature names.");
  object.Field("token_file", &EndpointConfig::token_file,
               "A file with the token to send, relative to the project file; read anew when it "
               "changes.");
  object.Field("token_env", &EndpointConfig::token_env,
               "The environment variable that holds the token.");
  object.Field("token_field", &EndpointConfig::token_field,
               "The header of the token; in Authorization `Bearer` stands before it.");
  object.Field("aws_credentials", &EndpointConfig::aws_credentials,
               "A file as ~/.aws/credentials is, relative to the project file; without it the "
               "environment's AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.");
  object.Field("aws_profile", &EndpointConfig::aws_profile, "Whose keys of that file.");
  object.Field(
      "ca", &EndpointConfig::ca,
      "Certificates (PEM) to trust instead of the system's, relative to the project file.");
  object
      .Field("timeout", &EndpointConfig::timeout,
             "How long an answer may take; a request's own deadline, if it is sooner, counts.")
      .Range(kShortestTimeout, kLongestTimeout);
  object.Field("concurrency", &EndpointConfig::concurrency, "Most requests at once.")
      .Range(1, 10'000);
  object.Field("cost", &EndpointConfig::cost, "Of one request, in your money.").Range(0, kMoneyMax);
  object
      .Field("budget", &EndpointConfig::budget,
             "Most that a `period` may cost; then it is not asked. 0: no bound. What was spent is "
             "kept over restarts, and by all processes of one project folder together.")
      .Range(0, kMoneyMax);
  object.Field("period", &EndpointConfig::period, "Of the budget; days begin at 00:00 UTC.")
      .Range(kShortestPeriod, kLongestPeriod);
  object.Field("plain_http", &EndpointConfig::plain_http,
               "Whether it may be asked over http:// on another machine.");
  object.Check(CheckEndpoint);
}

void Describe(config::Object<HybridRuleConfig>& object) {
  object.Doc("Which predictions an endpoint answers. The first rule that fits counts.");
  object.Field("name", &HybridRuleConfig::name, "What metrics call it.").Required();
  object.Field("endpoint", &HybridRuleConfig::endpoint, "Who answers.").Required();
  object.Field("when", &HybridRuleConfig::when, "When it answers.");
  object.Field("models", &HybridRuleConfig::models,
               "Of which models; `*` stands for any characters.");
  object.Field("tenants", &HybridRuleConfig::tenants,
               "Of which tokens' subjects; `*` stands for any characters.");
  object
      .Field("share", &HybridRuleConfig::share, "Of so many of those requests, drawn by their id.")
      .Range(0, 1);
  object.Field("labels", &HybridRuleConfig::labels, "For long_tail: the rare classes.");
  object
      .Field("confidence_below", &HybridRuleConfig::confidence_below,
             "For long_tail: a top score below this is not a sure one.")
      .Range(0, 1);
  object.Field("fallback", &HybridRuleConfig::fallback,
               "For always: whether the private side answers when the endpoint does not.");
  object.Check(CheckRule);
}

void Describe(config::Object<ResidencyConfig>& object) {
  object.Doc("Where the data of some tenants may go; the first entry that names a tenant counts.");
  object.Field("tenants", &ResidencyConfig::tenants, "Tokens' subjects, with `*`.").Required();
  object.Field("regions", &ResidencyConfig::regions,
               "Of endpoints, with `*`; empty: their data stay here.");
}

void Describe(config::Object<HybridConfig>& object) {
  object.Doc("Predictions that public endpoints answer, by rule.");
  object.Field("endpoints", &HybridConfig::endpoints, "Who may be asked.");
  object.Field("rules", &HybridConfig::rules, "When.");
  object.Field("residency", &HybridConfig::residency, "Whose data must not go there.");
  object.Check(CheckHybrid);
}

}  // namespace keelrow::project
