#include "gateway/rate_limit.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gateway/counted.h"

namespace keelrow::gateway {
namespace {

constexpr std::string_view kAll = "all";
constexpr std::string_view kClient = "client";
constexpr std::string_view kModel = "model";
constexpr std::string_view kShared = "shared";
constexpr int kLimits = 3;

std::string PolicyOf(const RateLimitOptions& options) {
  std::string policy;
  const auto append = [&](std::string_view name, const Rate& rate) {
    if (!rate.limited()) return;
    const double burst = std::max(rate.burst, 1.0);
    policy += fmt::format("{}\"{}\";q={:.0f};w={:.0f}", policy.empty() ? "" : ", ", name,
                          std::floor(burst), std::ceil(burst / rate.per_second));
  };
  append(kAll, options.all);
  append(kClient, options.client);
  append(kModel, options.model);
  return policy;
}

std::optional<BucketTable> TableOf(std::string_view name, const Rate& rate, size_t buckets_max) {
  if (!rate.limited()) return std::nullopt;
  return std::optional<BucketTable>(
      std::in_place,
      BucketTableOptions{
          .prefix = fmt::format("{}:", name), .rate = rate, .buckets_max = buckets_max});
}

/// The buckets that one request takes from, in order, and what it took.
class Takings {
 public:
  Takings(int64_t now_ns, double units) : now_ns_(now_ns), units_(units) {}

  /// False when this bucket refuses; then what was taken before has been given back.
  bool Take(std::string_view limit, std::shared_ptr<NamedBucket> bucket) {
    const TokenBucket::Taken taken = bucket->tokens.Take(now_ns_, units_);
    if (!taken.allowed || verdict_.limit.empty() || taken.left < verdict_.left) {
      verdict_ = {.allowed = taken.allowed, .limit = limit, .left = taken.left, .wait = taken.wait};
    }
    if (!taken.allowed) {
      for (int i = 0; i < count_; ++i) rows_[i].bucket->tokens.GiveBack(rows_[i].cost_ns);
      return false;
    }
    rows_[count_++] = {.bucket = std::move(bucket), .cost_ns = taken.cost_ns};
    return true;
  }

  void Tell(SharedBudget& shared) const {
    for (int i = 0; i < count_; ++i) shared.Took(rows_[i].bucket, rows_[i].cost_ns);
  }

  const Verdict& verdict() const { return verdict_; }

 private:
  struct Row {
    std::shared_ptr<NamedBucket> bucket;
    int64_t cost_ns = 0;
  };
  const int64_t now_ns_;
  const double units_;
  Verdict verdict_;
  std::array<Row, kLimits> rows_;
  int count_ = 0;
};

double SecondsUp(std::chrono::nanoseconds time) {
  return std::ceil(std::chrono::duration<double>(time).count());
}

void Describe(http::Response& response, const Verdict& verdict, const std::string& policy) {
  response.headers.Set("RateLimit-Policy", policy);
  response.headers.Set("RateLimit", fmt::format("\"{}\";r={:.0f};t={:.0f}", verdict.limit,
                                                std::floor(verdict.left), SecondsUp(verdict.wait)));
}

http::Response Refused(const Verdict& verdict) {
  if (verdict.limit == kShared) {
    return http::Response::FromError(
        Error(Code::kOverloaded, "the limits that all gateways share cannot be reached"));
  }
  const double seconds = std::max(SecondsUp(verdict.wait), 1.0);
  http::Response response = http::Response::FromError(Error(
      Code::kRateLimited, fmt::format("more requests than the limit `{}` allows", verdict.limit),
      {.hint = fmt::format("retry after {:.0f} s", seconds)}));
  response.headers.Set("Retry-After", fmt::format("{:.0f}", seconds));
  return response;
}

}  // namespace

RateLimiter::RateLimiter(RateLimitOptions options)
    : options_(std::move(options)),
      policy_(PolicyOf(options_)),
      clients_(TableOf(kClient, options_.client, options_.clients_max)),
      models_(TableOf(kModel, options_.model, options_.models_max)) {
  if (options_.all.limited()) {
    all_ = std::make_shared<NamedBucket>(std::string(kAll), options_.all);
  }
}

Verdict RateLimiter::Admit(const Asked& asked) {
  if (options_.shared && options_.closed && !options_.shared->Reachable()) {
    options_.on_limited(kShared);
    return {.allowed = false, .limit = kShared};
  }
  const int64_t now = options_.clock().count();
  const double extra = options_.bytes_per_unit > 0
                           ? static_cast<double>(asked.body_bytes) / options_.bytes_per_unit
                           : 0;
  Takings takings(now, 1 + std::floor(extra));
  // From the narrowest: whoever is over a limit of his own does not touch what others share.
  const bool allowed =
      (!clients_ || takings.Take(kClient, clients_->Find(asked.client, now))) &&
      (!models_ || asked.model.empty() || takings.Take(kModel, models_->Find(asked.model, now))) &&
      (!all_ || takings.Take(kAll, all_));
  if (allowed && options_.shared) takings.Tell(*options_.shared);
  if (!allowed) options_.on_limited(takings.verdict().limit);
  return takings.verdict();
}

std::string ClientOf(const http::Request& request) {
  if (request.identity) return "subject " + request.identity->subject;
  const std::string address = request.remote.substr(0, request.remote.rfind(':'));
  in6_addr network{};
  if (::inet_pton(AF_INET6, address.c_str(), &network) != 1) return "address " + address;
  // An IPv4 client of a socket for both: "::ffff:192.0.2.1".
  if (IN6_IS_ADDR_V4MAPPED(&network)) return "address " + address.substr(address.rfind(':') + 1);
  constexpr size_t kNetworkBytes = 8;
  std::fill(std::begin(network.s6_addr) + kNetworkBytes, std::end(network.s6_addr), uint8_t{0});
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET6, &network, text, sizeof text);
  return fmt::format("address {}/64", text);
}

http::Middleware Limit(std::shared_ptr<RateLimiter> limiter, ModelOf model_of) {
  return [limiter = std::move(limiter), model_of = std::move(model_of)](
             http::Request& request, http::Reply reply, const http::Next& next) {
    if (!IsCounted(request)) return next(request, std::move(reply));
    const std::string model = model_of(request);
    const Verdict verdict = limiter->Admit(
        {.client = ClientOf(request), .model = model, .body_bytes = request.body.size()});
    if (verdict.limit.empty()) return next(request, std::move(reply));
    if (verdict.limit == kShared) return reply(Refused(verdict));
    http::Reply described(
        [limiter, verdict, reply = std::move(reply)](http::Response response) mutable {
          Describe(response, verdict, limiter->Policy());
          reply(std::move(response));
        });
    if (!verdict.allowed) return described(Refused(verdict));
    next(request, std::move(described));
  };
}

}  // namespace keelrow::gateway
