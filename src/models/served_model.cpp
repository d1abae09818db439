#include "models/served_model.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelrow::models {
namespace {

/// Weights stand in memory as they do in the file, packed for the processor once more.
uint64_t BytesOf(const std::filesystem::path& path) {
  constexpr uint64_t kCopies = 2;
  uint64_t bytes = 0;
  if (std::filesystem::is_regular_file(path)) {
    bytes = std::filesystem::file_size(path);
    const auto weights = std::filesystem::path(path).replace_extension(".bin");
    if (path.extension() == ".xml" && std::filesystem::exists(weights)) {
      bytes += std::filesystem::file_size(weights);
    }
  } else {
    bytes = std::filesystem::file_size(path / bundle::kNetworkFile);
  }
  return kCopies * bytes;
}

/// Zeros of the network's inputs: they go through the engine whatever kind of data is served.
std::vector<Tensor> BlankInputs(const engine::Session& session, int64_t rows) {
  std::vector<Tensor> inputs;
  for (const bundle::TensorSpec& spec : session.Inputs()) {
    std::vector<int64_t> shape = spec.shape;
    std::ranges::replace(shape, -1, 1);
    if (session.HasRows()) shape[0] = rows;
    inputs.push_back(Tensor::Zeros(spec.dtype, std::move(shape)));
  }
  return inputs;
}

/// Every shape that requests will have is compiled before the first of them.
void WarmUp(const engine::Session& session) {
  for (int64_t rows = 1; rows < session.RowsMax(); rows *= 2) {
    session.Run(BlankInputs(session, rows));
  }
  session.Run(BlankInputs(session, session.RowsMax()));
}

}  // namespace

std::shared_ptr<ServedModel> ServedModel::Load(const Origin& origin, const LoadOptions& options,
                                               Executor& executor) {
  // One thread an inference, if nothing else was configured: requests run beside each other.
  const engine::SessionOptions session{.threads = options.lane.threads,
                                       .rows_max = options.lane.rows_max,
                                       .cache = options.compiled};
  auto model = std::make_shared<ServedModel>(origin, executor);
  if (std::filesystem::is_regular_file(origin.path)) {
    model->session_.emplace(engine::Session::Open(origin.path, session));
  } else {
    model->predictor_.emplace(engine::Predictor::Load(origin.path, session));
  }
  if (!origin.bundle_hash.empty() && model->predictor_ &&
      model->predictor_->bundle_hash() != origin.bundle_hash) {
    throw Error(Code::kCorrupt,
                fmt::format("the bundle {} is not the one that was registered as {} version {}",
                            origin.path.string(), origin.model, origin.version));
  }
  WarmUp(model->session());
  LaneOptions lane = options.lane;
  lane.rows_max = model->session().RowsMax();
  model->lane_ = executor.Open(lane, [session = &model->session()](std::span<const Tensor> inputs) {
    return session->Run(inputs);
  });
  model->bytes_ = BytesOf(origin.path);
  model->Touch();
  return model;
}

uint64_t ServedModel::NextLoadNumber() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

bool ServedModel::Submit(Job&& job) const {
  auto answer = std::move(job.answer);
  // The job keeps the model that it runs on.
  job.answer = [self = shared_from_this(), answer](Expected<std::vector<Tensor>> outcome) {
    answer(std::move(outcome));
  };
  if (executor_.Submit(lane_, std::move(job))) return true;
  job.answer = std::move(answer);  // NOLINT(bugprone-use-after-move): it was not taken
  return false;
}

}  // namespace keelrow::models
