#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "engine/predictor.h"
#include "project/serving.h"

namespace keelrow::serve {

/// One version of the served model, ready to answer. Immutable; its predictor may be called from
/// many threads.
struct LoadedModel {
  std::string name;
  int version = 0;
  engine::Predictor predictor;
  int64_t pixels_max = project::ServeLimitsConfig{}.pixels;  // of a picture that is asked about
};

/// Which version answers now. A request takes the model once and keeps it until it is answered, so
/// an exchange neither fails a request nor mixes two versions; the old model goes when the last
/// request that holds it ends. Thread-safe.
class ModelSlot {
 public:
  /// Null until the first model is there.
  std::shared_ptr<const LoadedModel> Get() const {
    const std::lock_guard lock(mutex_);
    return model_;
  }

  void Put(std::shared_ptr<const LoadedModel> model) {
    const std::lock_guard lock(mutex_);
    model_.swap(model);  // the old one is freed after the lock
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const LoadedModel> model_;
};

}  // namespace keelrow::serve
