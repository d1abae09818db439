#include "models/served_model.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/chain.h"

namespace keelrow::models {
namespace {

/// Weights stand in memory as they do in the file, packed for the processor once more.
uint64_t BytesOfFiles(const std::filesystem::path& path) {
  constexpr uint64_t kCopies = 2;
  uint64_t bytes = 0;
  if (std::filesystem::is_regular_file(path)) {
    bytes = std::filesystem::file_size(path);
    const auto weights = std::filesystem::path(path).replace_extension(".bin");
    if (path.extension() == ".xml" && std::filesystem::exists(weights)) {
      bytes += std::filesystem::file_size(weights);
    }
  } else {
    std::error_code failure;
    bytes = std::filesystem::file_size(path / bundle::kNetworkFile, failure);
    if (failure) throw Error(Code::kNotFound, "the bundle has no network");
  }
  return kCopies * bytes;
}

/// A bundle's predictor, or the session of a bare network.
struct Loaded {
  std::optional<engine::Predictor> predictor = {};
  std::optional<engine::Session> session = {};

  const engine::Session& network() const { return predictor ? predictor->session() : *session; }
};

Loaded LoadFiles(const OriginPart& part, const std::string& version,
                 const engine::SessionOptions& options) {
  Loaded loaded;
  if (std::filesystem::is_regular_file(part.path)) {
    loaded.session.emplace(engine::Session::Open(part.path, options));
    return loaded;
  }
  loaded.predictor.emplace(engine::Predictor::Load(part.path, options));
  if (!part.bundle_hash.empty() && loaded.predictor->bundle_hash() != part.bundle_hash) {
    throw Error(Code::kCorrupt,
                fmt::format("the bundle {} is not the one that was registered as {} version {}",
                            part.path.string(), part.model, version));
  }
  return loaded;
}

/// The first part reads, the last one answers; what lies between is networks alone.
bundle::Manifest ManifestOf(const Origin& origin, const bundle::Manifest& first,
                            const bundle::Manifest& last) {
  bundle::Manifest manifest = last;
  manifest.name = origin.model;
  manifest.inputs = first.inputs;
  manifest.preprocess = first.preprocess;
  manifest.views = first.views;
  return manifest;
}

/// A chain whose ends are bundles takes files and gives labels; any other takes and gives tensors.
Loaded LoadChain(const Origin& origin, const engine::SessionOptions& options) {
  std::vector<engine::ChainPart> parts;
  std::vector<std::shared_ptr<const Loaded>> loaded;
  for (const OriginPart& part : origin.parts) {
    loaded.push_back(std::make_shared<const Loaded>(LoadFiles(part, origin.version, options)));
    const auto& kept = loaded.back();
    parts.push_back({.name = part.model,
                     .network = std::shared_ptr<const engine::Session>(kept, &kept->network()),
                     .inputs = part.inputs});
  }
  Loaded chain;
  engine::Session session = engine::ComposeChain(origin.model, std::move(parts));
  const auto& first = loaded.front()->predictor;
  const auto& last = loaded.back()->predictor;
  if (first && last) {
    chain.predictor.emplace(ManifestOf(origin, first->manifest(), last->manifest()),
                            std::move(session));
  } else {
    chain.session.emplace(std::move(session));
  }
  return chain;
}

/// Every shape that requests will have is compiled before the first of them.
void WarmUp(const engine::Session& session) {
  for (int64_t rows = 1; rows < session.RowsMax(); rows *= 2) {
    session.Run(session.Blank(rows));
  }
  session.Run(session.Blank(session.RowsMax()));
}

}  // namespace

std::shared_ptr<ServedModel> ServedModel::Load(const Origin& origin, const LoadOptions& options,
                                               Executor& executor) {
  // One thread an inference, if nothing else was configured: requests run beside each other.
  const engine::SessionOptions session{.threads = options.lane.threads,
                                       .streams = executor.InstancesOf(options.lane),
                                       .rows_max = options.lane.rows_max,
                                       .cache = options.compiled};
  auto model = std::make_shared<ServedModel>(origin, executor);
  Loaded loaded =
      origin.parts.empty()
          ? LoadFiles(
                {.model = origin.model, .path = origin.path, .bundle_hash = origin.bundle_hash},
                origin.version, session)
          : LoadChain(origin, session);
  if (loaded.predictor) model->predictor_.emplace(*std::move(loaded.predictor));
  if (loaded.session) model->session_.emplace(*std::move(loaded.session));
  WarmUp(model->session());
  if (!options.sequence.buckets.empty()) {
    model->sequences_.emplace(options.sequence, model->session());
  }
  LaneOptions lane = options.lane;
  lane.rows_max = model->session().RowsMax();
  model->lane_ = executor.Open(lane, [session = &model->session()](std::span<const Tensor> inputs) {
    return session->Run(inputs);
  });
  model->bytes_ = BytesOf(origin);
  model->Touch();
  return model;
}

uint64_t ServedModel::NextLoadNumber() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

uint64_t ServedModel::BytesOf(const Origin& origin) {
  if (origin.parts.empty()) return BytesOfFiles(origin.path);
  uint64_t bytes = 0;
  for (const OriginPart& part : origin.parts) bytes += BytesOfFiles(part.path);
  return bytes;
}

bool ServedModel::Submit(Job&& job) const {
  auto answer = std::move(job.answer);
  auto padded = sequences_ ? sequences_->Pad(job.inputs) : std::nullopt;
  const auto lengths = padded ? padded->lengths : SequenceBuckets::Lengths{};
  if (padded) job.inputs.swap(padded->inputs);
  // The job keeps the model that it runs on.
  job.answer = [self = shared_from_this(), answer, lengths](Expected<std::vector<Tensor>> outcome) {
    if (lengths.own > 0 && outcome.ok()) self->sequences_->CutBack(lengths, *outcome);
    answer(std::move(outcome));
  };
  if (executor_.Submit(lane_, std::move(job))) return true;
  // It was not taken.
  if (padded) job.inputs.swap(padded->inputs);  // NOLINT(bugprone-use-after-move)
  job.answer = std::move(answer);
  return false;
}

}  // namespace keelrow::models
