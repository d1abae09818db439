#include "serve/model_watcher.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>

#include "base/log.h"

namespace keelrow::serve {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause{1};  // between two looks, whatever was configured

/// The network's input, all zeros: it goes through the engine whatever kind of data is served.
Tensor BlankInput(const bundle::Manifest& manifest) {
  std::vector<int64_t> shape = manifest.inputs.at(0).shape;
  if (!shape.empty()) shape.erase(shape.begin());  // the batch
  return Tensor::Zeros(manifest.inputs.at(0).dtype, std::move(shape));
}

}  // namespace

std::shared_ptr<const LoadedModel> LoadModel(const track::ModelVersion& version,
                                             const WatchOptions& options) {
  // One thread an inference: requests run beside each other on the workers.
  auto model = std::make_shared<LoadedModel>(
      LoadedModel{.name = version.model,
                  .version = version.version,
                  .predictor = engine::Predictor::Load(options.root / version.bundle_path),
                  .pixels_max = options.pixels_max});
  if (model->predictor.bundle_hash() != version.bundle_hash) {
    throw Error(Code::kCorrupt,
                fmt::format("the bundle {} is not the one that was registered as {} version {}",
                            version.bundle_path, version.model, version.version));
  }
  model->predictor.Scores(BlankInput(model->predictor.manifest()));
  return model;
}

ModelWatcher::ModelWatcher(WatchOptions options, ServeContext& context)
    : options_(std::move(options)), context_(context), thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "model-watch");
}

ModelWatcher::~ModelWatcher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

bool ModelWatcher::Sleep(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [this] { return stopping_; });
}

void ModelWatcher::Run() {
  do {
    try {
      Look();
    } catch (const std::exception& failure) {
      Complain(failure.what());
    }
  } while (Sleep(std::max(options_.every, kPause)));
}

void ModelWatcher::Complain(const std::string& failure) {
  if (complaint_ == failure) return;
  complaint_ = failure;
  log::Warning("cannot load what is promoted: {}", complaint_);
}

void ModelWatcher::Look() {
  if (!store_) store_.emplace(options_.store);
  const int64_t change = store_->ChangeCounter();
  if (change == seen_change_ && Clock::now() < retry_at_) return;
  retry_at_ = Clock::now() + options_.retry;  // stays if what follows throws
  seen_change_ = change;
  const auto wanted = store_->FindAlias(context_.model, options_.alias);
  if (wanted) Follow(*wanted);
  retry_at_ = Clock::time_point::max();
  complaint_.clear();
}

void ModelWatcher::Follow(const track::ModelVersion& wanted) {
  const auto present = context_.slot.Get();
  if (present && present->version == wanted.version) return;
  try {
    const auto began = Clock::now();
    auto model = LoadModel(wanted, options_);
    context_.slot.Put(std::move(model));
    context_.metrics.SetLoaded({.model = wanted.model, .version = wanted.version});
    const std::chrono::duration<double, std::milli> took = Clock::now() - began;
    log::Info("serving {} version {} (loaded in {:.0f} ms)", wanted.model, wanted.version,
              took.count());
  } catch (const std::exception&) {
    context_.metrics.CountLoadFailure(wanted.model);
    throw;
  }
}

}  // namespace keelrow::serve
