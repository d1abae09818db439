#include "hybrid/hybrid.h"

#include <fmt/format.h>

#include <charconv>

#include "base/log.h"
#include "gateway/forwarded_message.h"
#include "http/target.h"

namespace keelrow::hybrid {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kPredict = "predict";
/// What an answer takes from here to its client; the server's own 504 comes at the deadline.
constexpr std::chrono::milliseconds kWayBack{20};

http::Response NoAnswer(const Error& error) {
  const bool late = error.code() == Code::kTimeout;
  if (late || error.code() == Code::kOverloaded || error.code() == Code::kInterrupted) {
    return http::Response::FromError(Error(late ? Code::kTimeout : Code::kOverloaded,
                                           "the endpoint does not answer at present"));
  }
  return gateway::BadGateway("the endpoint failed");
}

PrivateAnswer AnswerIn(const http::Response& response, std::string& label) {
  PrivateAnswer answer{
      .status = response.status,
      .absent = response.status == 404 || response.headers.Find(kAbsentField).has_value()};
  if (const auto field = response.headers.Find(kLabelField)) {
    if (auto decoded = http::PercentDecode(*field)) label = std::move(*decoded);
    answer.label = label;
  }
  if (const auto field = response.headers.Find(kConfidenceField)) {
    double value = 0;
    const auto [end, failure] =
        std::from_chars(field->data(), field->data() + field->size(), value);
    if (failure == std::errc()) answer.confidence = value;
  }
  return answer;
}

class Hybrid {
 public:
  explicit Hybrid(HybridOptions given) : options_(std::move(given)) {
    for (EndpointOptions& endpoint : options_.endpoints) {
      endpoints_.push_back(std::make_unique<Endpoint>(loop_, std::move(endpoint)));
    }
    for (const Rule& rule : options_.rules) {
      if (EndpointOf(rule) != nullptr) continue;
      throw Error(Code::kBadValue,
                  fmt::format("the rule `{}` is about the endpoint `{}`, and there "
                              "is none of that name",
                              rule.name, rule.endpoint));
    }
  }

  void Handle(http::Request& request, http::Reply reply, const http::Next& next) {
    if (request.route == nullptr || request.route->scope != kPredict) {
      return next(request, std::move(reply));
    }
    Subject subject{.model = options_.model_of(request),
                    .tenant = request.identity ? request.identity->subject : "",
                    .id = request.id};
    for (const Rule& rule : options_.rules) {
      if (!Fits(rule, subject)) continue;
      Endpoint* endpoint = Allowed(rule, subject, request);
      if (endpoint != nullptr) {
        return AskFirst(*endpoint, rule, subject, request, std::move(reply), next);
      }
    }
    AskPrivate(std::move(subject), request, std::move(reply), next);
  }

 private:
  Endpoint* EndpointOf(const Rule& rule) const {
    for (const auto& endpoint : endpoints_) {
      if (endpoint->options().name == rule.endpoint) return endpoint.get();
    }
    return nullptr;
  }

  /// Null where that endpoint cannot take it, or must not.
  Endpoint* Allowed(const Rule& rule, const Subject& subject, const http::Request& request) const {
    Endpoint* endpoint = EndpointOf(rule);
    if (!endpoint->Speaks(request)) return nullptr;
    if (MayGo(options_.residency, subject.tenant, endpoint->options().region)) return endpoint;
    Note(rule, "forbidden", 0);
    return nullptr;
  }

  void Note(const Rule& rule, std::string_view result, double cost) const {
    options_.on_call(
        {.endpoint = rule.endpoint, .rule = rule.name, .result = result, .cost = cost});
  }

  void Ask(Endpoint& endpoint, const Rule& rule, const Subject& subject,
           const http::Request& request, std::function<void(Expected<http::Response>)> done) {
    const auto deadline = request.deadline - kWayBack;
    endpoint.Ask(request, subject.model, deadline,
                 [this, &rule, done = std::move(done)](Asked asked) {
                   Note(rule, asked.result, asked.cost);
                   done(std::move(asked.response));
                 });
  }

  /// The endpoint, and the private side where it fails.
  void AskFirst(Endpoint& endpoint, const Rule& rule, const Subject& subject,
                http::Request& request, http::Reply reply, const http::Next& next) {
    auto kept = std::make_shared<http::Reply>(std::move(reply));
    Ask(endpoint, rule, subject, request,
        [this, &rule, subject, &request, kept, next](Expected<http::Response> answer) {
          if (answer.ok()) return (*kept)(std::move(*answer));
          const bool stopped = answer.error().code() == Code::kInterrupted;
          if (!rule.fallback || stopped) return (*kept)(NoAnswer(answer.error()));
          Continue(subject, request, std::move(*kept), next);
        });
  }

  /// On the loop's thread, where nobody catches.
  void Continue(const Subject& subject, http::Request& request, http::Reply reply,
                const http::Next& next) {
    try {
      AskPrivate(subject, request, std::move(reply), next);
    } catch (const std::exception& failure) {  // the reply that was dropped has answered
      log::Warning("request {} failed: {}", request.id, failure.what());
    }
  }

  /// The private side, and an endpoint instead of what it could not answer well.
  void AskPrivate(Subject subject, http::Request& request, http::Reply reply,
                  const http::Next& next) {
    next(request, http::Reply([this, subject = std::move(subject), &request,
                               reply = std::move(reply)](http::Response response) mutable {
           AskInstead(subject, request, std::move(reply), std::move(response));
         }));
  }

  void AskInstead(const Subject& subject, const http::Request& request, http::Reply reply,
                  http::Response response) {
    std::string label;
    const PrivateAnswer answer = AnswerIn(response, label);
    for (const Rule& rule : options_.rules) {
      if (!Fits(rule, subject, answer)) continue;
      Endpoint* endpoint = Allowed(rule, subject, request);
      if (endpoint == nullptr) continue;
      struct Held {
        http::Reply reply;
        http::Response response;
      };
      auto held = std::make_shared<Held>(Held{std::move(reply), std::move(response)});
      return Ask(*endpoint, rule, subject, request, [held](Expected<http::Response> better) {
        held->reply(better.ok() ? std::move(*better) : std::move(held->response));
      });
    }
    reply(std::move(response));
  }

  HybridOptions options_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
  http::ClientLoop loop_;  // ends first: what is under way uses the rest
};

}  // namespace

http::Middleware MakeHybrid(HybridOptions options) {
  auto hybrid = std::make_shared<Hybrid>(std::move(options));
  return [hybrid](http::Request& request, http::Reply reply, const http::Next& next) {
    hybrid->Handle(request, std::move(reply), next);
  };
}

}  // namespace keelrow::hybrid
