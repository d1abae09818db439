#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "predictions/model_name.h"
#include "transforms/payload.h"

namespace keelrow::predictions {

/// What a model said to one question.
struct Answer {
  const models::ServedModel& model;
  std::vector<std::vector<float>> scores = {};  // of each example or row, one a label; of bundles
  std::vector<std::string> faults = {};         // of each example that was brought; "": none
  std::vector<Tensor> outputs = {};             // the network's, where tensors were asked about
};

/// How a prediction ended, for who judges models by it.
enum class Cause {
  kAnswered,
  kRefused,  // the question cannot be used
  kLeft,     // its client has gone, or the deadline passed that it had set
  kOurs      // a fault, an overload, or a deadline of the service's
};

/// Whether the fault lies in what was asked: it cannot be read, or not be used. Protocols differ in
/// the status that they give such a fault, not in what is one.
inline bool IsOfInput(Code code) {
  const int status = Info(code).http_status;
  return status == 400 || status == 413 || status == 415 || status == 422;
}

/// Which of an example's scores is the highest; there is one at least.
inline size_t BestOf(std::span<const float> scores) {
  return static_cast<size_t>(std::ranges::max_element(scores) - scores.begin());
}

/// The scores of each row of a bundle's output.
std::vector<std::vector<float>> ScoresOfRows(const engine::Predictor& predictor,
                                             const Tensor& output);

/// A request, understood: either examples, which go through the bundle's own preprocessing, or the
/// network's inputs as they are.
struct Question {
  std::vector<transforms::Payload> examples = {};
  std::vector<Tensor> tensors = {};
  /// Where the examples lie elsewhere: brings the one of that number when its turn has come, on a
  /// thread that may wait. One that cannot be brought or used has no scores but a fault in the
  /// answer; the others are answered.
  std::function<transforms::Payload(size_t)> bring = {};
  int priority = 0;
  models::Clock::time_point deadline = models::Clock::time_point::max();
  /// The answer in the protocol's shape. On a thread of inference; throws Error.
  std::function<http::Response(const Answer&)> render;
};

/// What a protocol adds to a prediction: whom a request asks, how it is read, how it is refused.
/// The rest is the same for all and done once, here: the loaded model or an error, one version for
/// the whole request, preprocessing and inference on their threads, latency and counters.
struct PredictionProtocol {
  ModelName (*model)(const ServeContext& context, const http::Request& request);
  /// A question, or the refusal that is the answer. Throws Error for what cannot be answered.
  std::variant<Question, http::Response> (*read)(const ServeContext& context,
                                                 const models::ServedModel& model,
                                                 const http::Request& request);
  /// An error in the protocol's own shape.
  http::Response (*refuse)(const Error& error);
};

/// A handler for RunOn::kIo: small bodies are read there, others and all that computes elsewhere.
/// `context` must outlive it.
http::Handler PredictionHandler(ServeContext& context, PredictionProtocol protocol);

}  // namespace keelrow::predictions
