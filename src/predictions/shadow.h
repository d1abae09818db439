#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "base/queue.h"
#include "predictions/rollouts.h"

namespace keelrow::predictions {

/// A question that was answered, for the version that is compared.
struct ShadowJob {
  ~ShadowJob() { held->fetch_sub(bytes); }

  std::shared_ptr<std::atomic<size_t>> held;  // bytes of all jobs
  size_t bytes = 0;
  std::shared_ptr<rollout::Live> live;
  std::shared_ptr<const models::ServedModel> model;
  std::vector<transforms::Payload> examples = {};
  std::vector<Tensor> tensors = {};
  std::vector<std::vector<float>> scores = {};  // of the version that answered
  std::vector<std::string> labels = {};
};

/// Asks candidates what they would have said: one thread at low priority, which runs the network
/// itself, so that neither the queue nor the threads of those who wait are touched. What it cannot
/// keep up with is passed over. Thread-safe.
class ShadowRunner {
 public:
  ShadowRunner();
  ~ShadowRunner();
  ShadowRunner(const ShadowRunner&) = delete;

  /// A copy of the question; null when there are too many already.
  std::shared_ptr<ShadowJob> Keep(const Question& question);
  /// False when it has too much to do.
  bool Run(std::shared_ptr<ShadowJob> job) { return queue_.TryPush(std::move(job)); }

 private:
  BoundedQueue<std::shared_ptr<ShadowJob>> queue_;
  std::shared_ptr<std::atomic<size_t>> held_ = std::make_shared<std::atomic<size_t>>(0);
  std::thread thread_;
};

}  // namespace keelrow::predictions
