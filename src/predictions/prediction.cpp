#include "predictions/prediction.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/target.h"
#include "hybrid/hybrid.h"
#include "predictions/preparation.h"
#include "predictions/rollouts.h"
#include "signals/access_log.h"

namespace keelrow::predictions {
namespace {

using models::ServedModel;

/// Above it a body is not read on the connection's own thread.
constexpr size_t kReadAtOnceMax = size_t{16} << 10;

/// As nginx calls it. No fault of ours, so not among the 5xx that an error budget counts.
constexpr int kClientGone = 499;

/// Puts what a rule about long tails looks at into an answer to a single example.
void SayCertainty(std::span<const float> scores, std::span<const std::string> labels,
                  http::Response& response) {
  if (scores.empty() || scores.size() != labels.size()) return;
  const size_t best = BestOf(scores);
  response.headers.Set(hybrid::kLabelField, http::PercentEncode(labels[best]));
  response.headers.Set(hybrid::kConfidenceField, fmt::format("{:.4f}", scores[best]));
}

/// One prediction from its request to its reply: choose, (load,) read, prepare, ask, render, reply.
/// Each step calls the next, on a thread that may do it; several threads hold the prediction, one
/// after another. Whoever watches predictions is told in OnQuestion, OnAnswer and OnEnd.
class Prediction : public std::enable_shared_from_this<Prediction> {
 public:
  Prediction(ServeContext& context, std::shared_ptr<const PredictionProtocol> protocol,
             const http::Request& request, http::Reply reply)
      : context_(context),
        protocol_(std::move(protocol)),
        request_(request),
        reply_(std::move(reply)) {}

  /// On the IO thread.
  void Start() { Guard(&Prediction::Choose); }

 private:
  using Step = void (Prediction::*)();

  /// Runs a step; what it throws is the answer.
  void Guard(Step step) {
    try {
      (this->*step)();
    } catch (const std::exception& failure) {
      Fail(AsError(failure));
    }
  }

  void On(const http::Post& post, Step step) {
    const bool posted = post([self = shared_from_this(), step] {
      self->request_.Abandoned() ? self->Abandon() : self->Guard(step);
    });
    if (!posted) Fail(Error(Code::kOverloaded, "too many requests wait for a thread"));
  }

  /// Which model is asked, and which version of it answers.
  void Choose() {
    name_ = protocol_->model(context_, request_);
    if (context_.rollouts) part_ = context_.rollouts->Assign(name_, request_);
    model_ =
        part_.candidate() ? part_.candidate() : context_.models->Find(name_.model, name_.version);
    if (model_) return request_.body.size() > kReadAtOnceMax ? OnWorker(&Prediction::Read) : Read();
    if (!context_.models->Loadable(name_.model, name_.version)) {
      absent_ = true;
      throw NotServed(context_, name_);
    }
    On(context_.post_loading, &Prediction::Load);
  }

  void OnWorker(Step step) { On(context_.post, step); }

  /// On a thread that may wait: those that compute have other models' requests.
  void Load() {
    model_ = context_.models->FindOrLoad(name_.model, name_.version, request_.deadline);
    OnWorker(&Prediction::Read);
  }

  void Read() {
    auto read = protocol_->read(context_, *model_, request_);
    if (auto* refusal = std::get_if<http::Response>(&read)) {
      return End(Cause::kRefused, std::move(*refusal));
    }
    question_ = std::move(std::get<Question>(read));
    if (question_.bring) return On(context_.post_fetching, &Prediction::Prepare);
    if (Recall()) return Render();
    const bool files = std::ranges::any_of(question_.examples, [](const auto& example) {
      return std::holds_alternative<std::string>(example);
    });
    const bool on_worker = request_.body.size() > kReadAtOnceMax;
    files && !on_worker ? OnWorker(&Prediction::Prepare) : Prepare();
  }

  /// Whether the network has been asked the same before; then its outputs are those.
  bool Recall() {
    if (!context_.cache || !context_.cache->Covers(model_->name())) return false;
    const CacheWishes wishes = CacheWishesOf(request_);
    key_ = AnswerCache::KeyOf(request_, *model_);
    keep_ = !wishes.forget;
    auto found = wishes.fresh ? std::nullopt : context_.cache->Find(key_);
    if (!found) return false;
    recalled_ = true;
    prepared_.looks = std::move(found->looks);
    outcome_ = std::move(found->tensors);
    return true;
  }

  void Prepare() {
    OnQuestion();
    if (question_.examples.empty()) return Ask(std::move(question_.tensors));
    prepared_ = predictions::Prepare(*model_, question_, context_.pixels_max);
    if (prepared_.input.shape.empty()) return Render();  // none of them could be brought
    std::vector<Tensor> inputs;
    inputs.push_back(std::move(prepared_.input));
    Ask(std::move(inputs));
  }

  /// Into the model's queue.
  void Ask(std::vector<Tensor> inputs) {
    if (std::string fault = model_->session().Fault(inputs); !fault.empty()) {
      throw Error(Code::kBadValue, std::move(fault));
    }
    models::Job job{.inputs = std::move(inputs),
                    .priority = question_.priority,
                    .deadline = std::min(question_.deadline, request_.deadline),
                    .abandoned = [this] { return request_.Abandoned(); },  // `answer` keeps this
                    .answer =
                        [self = shared_from_this()](Expected<std::vector<Tensor>> outcome) {
                          self->outcome_ = std::move(outcome);
                          self->Guard(&Prediction::Render);
                        }};
    if (!model_->Submit(std::move(job))) {
      throw Error(Code::kOverloaded, fmt::format("the queue of `{}` is full", model_->name()));
    }
  }

  void Render() {
    if (!outcome_.ok() && request_.Abandoned()) return Abandon();
    Answer answer{.model = *model_,
                  .faults = std::move(prepared_.faults),
                  .outputs = std::move(outcome_).Value()};
    answer.scores = ScoresOf(answer);
    OnAnswer(answer);
    http::Response response = question_.render(answer);
    if (context_.says_certainty && answer.scores.size() == 1) {
      SayCertainty(answer.scores[0], model_->predictor()->manifest().labels, response);
    }
    End(Cause::kAnswered, std::move(response));
  }

  /// Of each example, or of each row where the network's inputs were asked about.
  std::vector<std::vector<float>> ScoresOf(const Answer& answer) const {
    if (model_->predictor() == nullptr) return {};
    if (prepared_.looks.empty()) return ScoresOfRows(*model_->predictor(), answer.outputs[0]);
    std::vector<std::vector<float>> scores;
    int64_t begin = 0;
    for (const int64_t looks : prepared_.looks) {
      scores.emplace_back();
      if (looks == 0) continue;
      scores.back() = model_->predictor()->ScoresOf(Slice(answer.outputs[0], begin, looks));
      begin += looks;
    }
    return scores;
  }

  void Fail(const Error& error) {
    const bool ours = Info(error.code()).http_status >= 500;
    if (ours && error.code() != Code::kOverloaded) signals::LogFault(request_, error.what());
    http::Response response = protocol_->refuse(error);
    if (response.status == 503 && !response.headers.Find("Retry-After")) {
      response.headers.Add("Retry-After", "1");
    }
    const bool left = error.code() == Code::kTimeout && IsPastClientsDeadline();
    End(left ? Cause::kLeft : ours ? Cause::kOurs : Cause::kRefused, std::move(response));
  }

  bool IsPastClientsDeadline() const {
    const auto now = models::Clock::now();
    return now >= question_.deadline || (request_.impatient && now >= request_.deadline);
  }

  /// Nobody reads this answer; log and metrics do.
  void Abandon() { End(Cause::kLeft, {.status = kClientGone, .headers = {}, .body = {}}); }

  void End(Cause cause, http::Response response) {
    if (absent_) response.headers.Set(hybrid::kAbsentField, "true");
    if (model_) OnEnd(cause, response);
    reply_(std::move(response));
  }

  // Whom predictions are told.

  void OnQuestion() { part_.Keep(question_); }

  void OnAnswer(const Answer& answer) {
    const bool whole = std::ranges::all_of(answer.faults, &std::string::empty);
    if (keep_ && !recalled_ && whole) {
      context_.cache->Keep(key_, {.tensors = answer.outputs, .looks = prepared_.looks});
    }
    CountAnswer(answer);
    part_.Note(answer);
  }

  void OnEnd(Cause cause, http::Response& response) {
    context_.metrics.CountPrediction({.model = model_->name(),
                                      .version = model_->version(),
                                      .protocol = request_.route->protocol,
                                      .code = response.status,
                                      .duration = http::Request::Clock::now() - request_.arrived});
    part_.End(*model_, cause, response);
    if (!key_.empty()) response.headers.Set(kCacheHeader, recalled_ ? "hit" : "miss");
    if (context_.request_log) {
      context_.request_log->Note(request_, {.model = model_->name(), .version = model_->version()},
                                 response);
    }
  }

  void CountAnswer(const Answer& answer) {
    for (const std::vector<float>& scores : answer.scores) {
      if (scores.empty()) continue;  // what was to be brought could not be
      const size_t best = BestOf(scores);
      context_.metrics.CountAnswer({.model = model_->name(),
                                    .version = model_->version(),
                                    .label = model_->predictor()->manifest().labels[best],
                                    .confidence = scores[best]});
    }
  }

  ServeContext& context_;
  const std::shared_ptr<const PredictionProtocol> protocol_;
  const http::Request& request_;
  http::Reply reply_;
  ModelName name_;
  RolloutPart part_;
  std::shared_ptr<const ServedModel> model_;
  Question question_;
  Prepared prepared_;
  std::string key_;      // in the cache, if there is one
  bool absent_ = false;  // there is no such model, or it is not loaded
  bool keep_ = false;
  bool recalled_ = false;
  Expected<std::vector<Tensor>> outcome_{std::vector<Tensor>{}};
};

}  // namespace

std::vector<std::vector<float>> ScoresOfRows(const engine::Predictor& predictor,
                                             const Tensor& output) {
  std::vector<std::vector<float>> scores;
  for (int64_t row = 0; row < output.Rows(); ++row) {
    scores.push_back(predictor.ScoresOf(Slice(output, row, 1)));
  }
  return scores;
}

http::Handler PredictionHandler(ServeContext& context, PredictionProtocol protocol) {
  // Predictions under way may outlive the route.
  return [&context, protocol = std::make_shared<const PredictionProtocol>(protocol)](
             const http::Request& request, http::Reply reply) {
    std::make_shared<Prediction>(context, protocol, request, std::move(reply))->Start();
  };
}

}  // namespace keelrow::predictions
