#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "serve/context.h"
#include "track/store.h"

namespace keelrow::serve {

struct WatchOptions {
  std::filesystem::path store;  // the registry's file
  std::filesystem::path root;   // what relative bundle paths start from
  std::string alias = "champion";
  int64_t pixels_max = project::ServeLimitsConfig{}.pixels;  // of a picture that is asked about
  std::chrono::milliseconds every{200};
  std::chrono::milliseconds retry{5'000};  // after a failure, though nothing changed
};

/// Keeps the slot at the version that the registry's alias names. One thread of its own asks
/// whether the registry changed, loads and warms the new version while the old one answers, and
/// swaps. A version that cannot be loaded leaves the old one in place; it is logged and counted
/// once, and tried again later.
class ModelWatcher {
 public:
  ModelWatcher(WatchOptions options, ServeContext& context);
  ~ModelWatcher();
  ModelWatcher(const ModelWatcher&) = delete;

 private:
  void Run();
  /// Throws what stands in the way of the version that is wanted.
  void Look();
  void Follow(const track::ModelVersion& wanted);
  void Complain(const std::string& failure);
  bool Sleep(std::chrono::milliseconds time);

  WatchOptions options_;
  ServeContext& context_;
  std::optional<track::Store> store_;
  int64_t seen_change_ = -1;
  std::string complaint_;  // the last failure; each is logged once
  std::chrono::steady_clock::time_point retry_at_ = std::chrono::steady_clock::time_point::max();
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

/// Loads a registered version and runs it once, so that its first request is as fast as the
/// others. Throws what Predictor::Load throws, kCorrupt when the bundle is not the registered one.
std::shared_ptr<const LoadedModel> LoadModel(const track::ModelVersion& version,
                                             const WatchOptions& options);

}  // namespace keelrow::serve
