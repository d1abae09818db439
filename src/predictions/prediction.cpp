#include "predictions/prediction.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/image_decode.h"
#include "http/target.h"
#include "hybrid/hybrid.h"
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

/// Throws kLimit for a picture, decoded or not, of more pixels than `most`.
void RequirePixels(const transforms::Payload& example, int64_t most) {
  int64_t width = 0;
  int64_t height = 0;
  if (const auto* image = std::get_if<data::Image>(&example)) {
    width = image->width;
    height = image->height;
  } else if (const auto* file = std::get_if<std::string>(&example)) {
    const auto header = data::ReadImageHeader(std::as_bytes(std::span(*file)));
    if (!header) return;  // the decoder says what is wrong with it
    width = header->width;
    height = header->height;
  }
  if (width * height <= most) return;
  throw Error(Code::kLimit,
              fmt::format("the picture claims {} x {} pixels, but at most {} are taken", width,
                          height, most));
}

/// One prediction from its request to its reply. Several threads hold it, one after another.
class Prediction : public std::enable_shared_from_this<Prediction> {
 public:
  Prediction(ServeContext& context, const PredictionProtocol& protocol,
             const http::Request& request, http::Reply reply)
      : context_(context), protocol_(protocol), request_(request), reply_(std::move(reply)) {}

  /// On the IO thread.
  void Start() { Guard(&Prediction::Begin); }

 private:
  void Begin() {
    name_ = protocol_.model(context_, request_);
    if (context_.rollouts) part_ = context_.rollouts->Assign(name_, request_);
    model_ =
        part_.candidate() ? part_.candidate() : context_.models->Find(name_.model, name_.version);
    if (!model_ && !CanBeLoaded()) return Refuse(NotServed(context_, name_));
    if (!model_ || request_.body.size() > kReadAtOnceMax) return OnWorker(&Prediction::Read);
    Read();
  }

  bool CanBeLoaded() const {
    const auto table = context_.models->Table();
    const auto found = table->find(name_.model);
    if (found == table->end()) return false;
    const models::Version* version = found->second.Find(name_.version);
    return version != nullptr && version->state == models::State::kUnloaded &&
           version->reason != models::kUnloaded;
  }

  void OnWorker(void (Prediction::*step)()) { On(context_.post, step); }

  void On(const http::Router::Post& post, void (Prediction::*step)()) {
    const bool posted = post([self = shared_from_this(), step] {
      self->request_.Abandoned() ? self->Abandon() : self->Guard(step);
    });
    if (!posted) Refuse(Error(Code::kOverloaded, "too many requests wait for a thread"));
  }

  /// Runs a step; what it throws is the answer.
  void Guard(void (Prediction::*step)()) {
    try {
      (this->*step)();
    } catch (const std::exception& failure) {
      Fail(AsError(failure));
    }
  }

  void Read() {
    if (!model_) {
      model_ = context_.models->FindOrLoad(name_.model, name_.version, request_.deadline);
    }
    auto read = protocol_.read(context_, *model_, request_);
    if (auto* refusal = std::get_if<http::Response>(&read)) return Finish(std::move(*refusal));
    question_ = std::move(std::get<Question>(read));
    if (question_.bring) return On(context_.post_waiting, &Prediction::Prepare);
    const bool files = std::ranges::any_of(question_.examples, [](const auto& example) {
      return std::holds_alternative<std::string>(example);
    });
    const bool here = !files || request_.body.size() > kReadAtOnceMax;  // a worker already
    if (Recall()) return Render();
    if (here) return Prepare();
    OnWorker(&Prediction::Prepare);
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
    looks_ = std::move(found->looks);
    outcome_ = std::move(found->tensors);
    return true;
  }

  /// Preprocessing, then into the queue.
  void Prepare() {
    part_.Keep(question_);
    std::vector<Tensor> inputs = std::move(question_.tensors);
    if (!question_.examples.empty()) {
      inputs = {PrepareExamples()};
      if (inputs[0].shape.empty()) return Render();  // none of them could be brought
    }
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

  Tensor PrepareExamples() {
    const engine::Predictor* predictor = model_->predictor();
    if (predictor == nullptr) {
      throw Error(Code::kBadExample,
                  fmt::format("`{}` is a bare network: it takes tensors only", model_->name()));
    }
    std::vector<Tensor> prepared;
    for (size_t i = 0; i < question_.examples.size(); ++i) {
      std::optional<Tensor> tensor = PrepareExample(*predictor, i);
      looks_.push_back(tensor ? tensor->Rows() : 0);
      if (tensor) prepared.push_back(*std::move(tensor));
    }
    std::vector<const Tensor*> parts;
    for (const Tensor& tensor : prepared) parts.push_back(&tensor);
    if (parts.empty()) return {};
    return parts.size() == 1 ? std::move(prepared[0]) : Concatenate(parts);
  }

  /// Nothing for one that was to be brought, and could not be or is of no use.
  std::optional<Tensor> PrepareExample(const engine::Predictor& predictor, size_t number) {
    if (!question_.bring) return PrepareLooks(predictor, std::move(question_.examples[number]));
    faults_.emplace_back();
    try {
      return PrepareLooks(predictor, question_.bring(number));
    } catch (const Error& fault) {
      if (fault.code() == Code::kInternal) throw;
      faults_.back() = fault.message();
      return std::nullopt;
    }
  }

  Tensor PrepareLooks(const engine::Predictor& predictor, transforms::Payload example) const {
    if (predictor.DecodedKind() == transforms::Kind::kImage) {
      RequirePixels(example, context_.pixels_max);
    }
    return predictor.Prepare(std::move(example));
  }

  void Render() {
    if (!outcome_.ok() && request_.Abandoned()) return Abandon();
    std::vector<Tensor> outputs = std::move(outcome_).Value();
    const bool whole = std::ranges::all_of(faults_, &std::string::empty);
    if (keep_ && !recalled_ && whole) {
      context_.cache->Keep(key_, {.tensors = outputs, .looks = looks_});
    }
    Answer answer{.model = *model_, .faults = std::move(faults_)};
    int64_t begin = 0;
    for (const int64_t looks : looks_) {
      answer.scores.emplace_back();
      if (looks == 0) continue;
      answer.scores.back() = model_->predictor()->ScoresOf(Slice(outputs[0], begin, looks));
      begin += looks;
    }
    if (looks_.empty() && model_->predictor() != nullptr) {
      answer.scores = ScoresOfRows(*model_->predictor(), outputs[0]);
    }
    CountAnswers(answer);
    answer.outputs = std::move(outputs);
    part_.Note(answer);
    http::Response response = question_.render(answer);
    if (context_.says_certainty && answer.scores.size() == 1) {
      SayCertainty(answer.scores[0], model_->predictor()->manifest().labels, response);
    }
    Finish(std::move(response));
  }

  void CountAnswers(const Answer& answer) {
    for (const std::vector<float>& scores : answer.scores) {
      if (scores.empty()) continue;  // what was to be brought could not be
      const size_t best = BestOf(scores);
      context_.metrics.CountAnswer({.model = model_->name(),
                                    .version = model_->version(),
                                    .label = model_->predictor()->manifest().labels[best],
                                    .confidence = scores[best]});
    }
  }

  void Fail(const Error& error) {
    if (Info(error.code()).http_status >= 500 && error.code() != Code::kOverloaded) {
      signals::LogFault(request_, error.what());
    }
    Refuse(error);
  }

  /// Nobody reads this answer; log and metrics do.
  void Abandon() { Finish({.status = kClientGone, .headers = {}, .body = {}}); }

  void Refuse(const Error& error) {
    http::Response response = protocol_.refuse(error);
    if (response.status == 503 && !response.headers.Find("Retry-After")) {
      response.headers.Add("Retry-After", "1");
    }
    Finish(std::move(response));
  }

  void Finish(http::Response response) {
    if (model_) {
      context_.metrics.CountPrediction(
          {.model = model_->name(),
           .version = model_->version(),
           .protocol = request_.route->protocol,
           .code = response.status,
           .duration = http::Request::Clock::now() - request_.arrived});
      part_.End(*model_, response);
    }
    if (!key_.empty()) response.headers.Set(kCacheHeader, recalled_ ? "hit" : "miss");
    if (model_ && context_.request_log) {
      context_.request_log->Note(request_, {.model = model_->name(), .version = model_->version()},
                                 response);
    }
    reply_(std::move(response));
  }

  ServeContext& context_;
  const PredictionProtocol& protocol_;
  const http::Request& request_;
  http::Reply reply_;
  ModelName name_;
  RolloutPart part_;
  std::shared_ptr<const ServedModel> model_;
  Question question_;
  std::vector<int64_t> looks_;  // rows of each example
  std::vector<std::string> faults_;
  std::string key_;  // in the cache, if there is one
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
  return [&context, protocol](const http::Request& request, http::Reply reply) {
    std::make_shared<Prediction>(context, protocol, request, std::move(reply))->Start();
  };
}

ModelName ModelInPath(const ServeContext& context, const http::Request& request) {
  const auto version = request.params.find("version");
  ModelName name{.model = request.Param("model"),
                 .version = version == request.params.end() ? "" : version->second};
  // name@alias, where a protocol's paths have no place for an alias
  const size_t at = name.model.find('@');
  if (at != std::string::npos && name.version.empty()) {
    name.version = name.model.substr(at + 1);
    name.model.resize(at);
  }
  return name;
}

ModelName DefaultModel(const ServeContext& context, const http::Request&) {
  return {.model = context.DefaultModel(), .version = ""};
}

Error NotServed(const ServeContext& context, const ModelName& name) {
  const auto table = context.models->Table();
  const auto found = table->find(name.model);
  if (found == table->end()) {
    if (name.model.empty() && table->empty()) {
      return Error(Code::kOverloaded, "no model is loaded yet");
    }
    if (name.model.empty()) {
      return Error(Code::kNotFound, "the request names no model, and there is not only one",
                   {.hint = "GET /v2/models lists them"});
    }
    if (name.model == context.model) {
      return Error(Code::kOverloaded, fmt::format("no version of `{}` is loaded yet", name.model));
    }
    return Error(Code::kNotFound, fmt::format("there is no model `{}`", name.model));
  }
  const models::Version* version = found->second.Find(name.version);
  if (version == nullptr && !name.version.empty()) {
    return Error(Code::kNotFound,
                 fmt::format("`{}` has no version or alias `{}`", name.model, name.version));
  }
  return Error(Code::kOverloaded, fmt::format("no version of `{}` is loaded yet", name.model));
}

}  // namespace keelrow::predictions
