#include "hybrid/setup.h"

#include <fmt/format.h>

#include <array>

#include "gateway/fetch.h"

namespace keelrow::hybrid {
namespace {

template <class T>
struct Named {
  std::string_view name;  // in the project file; both lists are held together by a test
  T value;
};

constexpr std::array<Named<Protocol>, 4> kProtocols = {
    {{"keelrow", Protocol::kKeelrow},
     {"open_inference", Protocol::kOpenInference},
     {"sagemaker", Protocol::kSageMaker},
     {"openai", Protocol::kOpenAi}}};
constexpr std::array<Named<When>, 4> kWhens = {{{"always", When::kAlways},
                                                {"not_loaded", When::kNotLoaded},
                                                {"saturated", When::kSaturated},
                                                {"long_tail", When::kLongTail}}};

template <class T, size_t kCount>
T ValueOf(const std::array<Named<T>, kCount>& table, std::string_view name) {
  for (const Named<T>& row : table) {
    if (row.name == name) return row.value;
  }
  throw Error(Code::kInternal, fmt::format("`{}` is in no table", name));
}

constexpr const char* kAwsService = "sagemaker";

http::Url UrlOf(const project::EndpointConfig& config) {
  const std::string text =
      config.url.empty() ? fmt::format("https://runtime.sagemaker.{}.amazonaws.com", config.region)
                         : config.url;
  const auto url = http::ParseUrl(text);
  if (!url) throw Error(Code::kBadValue, url.error().message());  // of the project file
  if (url->https || gateway::IsLoopback(*url) || config.plain_http) return *url;
  throw Error(Code::kBadValue,
              fmt::format("requests to `{}` would go over http:// to {}", config.name, url->host),
              {.hint = "whoever stands between could read them; `plain_http: true` allows it"});
}

Authorize AuthorizeOf(const project::EndpointConfig& config, const std::filesystem::path& folder) {
  if (config.protocol.value == "sagemaker") {
    if (config.aws_credentials.empty()) return AwsOfEnvironment(config.region, kAwsService);
    return AwsOfFile(folder / config.aws_credentials, config.aws_profile, config.region,
                     kAwsService);
  }
  if (!config.token_env.empty()) return TokenOfEnvironment(config.token_env, config.token_field);
  if (!config.token_file.empty()) {
    return TokenOfFile(folder / config.token_file, config.token_field);
  }
  return NoSecret();
}

std::shared_ptr<Budget> BudgetOf(const project::EndpointConfig& config,
                                 const std::filesystem::path& workspace) {
  if (config.budget <= 0) return nullptr;
  return std::make_shared<Budget>(
      BudgetOptions{.limit = config.budget,
                    .period = std::chrono::duration_cast<std::chrono::seconds>(config.period.value),
                    .file = workspace / fmt::format("spent-{}.json", config.name)});
}

}  // namespace

HybridOptions OptionsOf(const project::HybridConfig& config, const HybridFolders& folders) {
  HybridOptions options;
  for (const project::EndpointConfig& endpoint : config.endpoints) {
    options.endpoints.push_back(
        {.name = endpoint.name,
         .protocol = ValueOf(kProtocols, endpoint.protocol.value),
         .url = UrlOf(endpoint),
         .model = endpoint.model,
         .region = endpoint.region,
         .authorize = AuthorizeOf(endpoint, folders.project),
         .timeout = endpoint.timeout.value,
         .concurrency = endpoint.concurrency,
         .cost = endpoint.cost,
         .budget = BudgetOf(endpoint, folders.workspace),
         .ca = endpoint.ca.empty() ? std::filesystem::path() : folders.project / endpoint.ca});
  }
  for (const project::HybridRuleConfig& rule : config.rules) {
    options.rules.push_back({.name = rule.name,
                             .endpoint = rule.endpoint,
                             .when = ValueOf(kWhens, rule.when.value),
                             .models = rule.models,
                             .tenants = rule.tenants,
                             .share = rule.share,
                             .labels = rule.labels,
                             .confidence_below = rule.confidence_below,
                             .fallback = rule.fallback});
  }
  for (const project::ResidencyConfig& one : config.residency) {
    options.residency.push_back({.tenants = one.tenants, .regions = one.regions});
  }
  return options;
}

}  // namespace keelrow::hybrid
