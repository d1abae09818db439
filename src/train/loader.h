#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/queue.h"
#include "base/tensor.h"
#include "train/sampler.h"

namespace keelrow::train {

/// Examples of one step, ready for the network.
struct Batch {
  Tensor input;                        // [n, …]
  Tensor labels;                       // [n] of int64: indices into the label list
  std::optional<Tensor> targets = {};  // [n, classes]: shares, where examples are mixed

  int64_t size() const { return labels.shape[0]; }
};

/// Makes batches ahead of the training on threads of its own. Thread k makes batches k, k+N, …
/// into its own bounded queue, and Next() takes from the queues in turn: so the order, and with
/// `prepare` a pure function of the example every byte, is the same for any number of threads.
/// Next() is for one thread; the destructor waits for no more than the examples under way.
class Loader {
 public:
  struct Row {
    Tensor input;
    int64_t label;
  };
  /// Called from any of the threads, also at the same time.
  using Prepare = std::function<Row(size_t example)>;

  struct Options {
    int threads = 1;
    size_t ahead = 4;  // batches that may wait, over all threads; at least one a thread
  };

  Loader(Batches batches, Prepare prepare, const Options& options);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// The next batch; empty after the last one, or when a stop was requested while it was waited
  /// for. Throws what `prepare` threw for it.
  std::optional<Batch> Next();

 private:
  struct Item {
    Batch batch;
    std::exception_ptr failure;
  };

  void Stop();
  void Work(size_t first, const std::stop_token& stop);
  Item Make(const std::vector<size_t>& examples, const std::stop_token& stop) const;

  const Batches batches_;
  const Prepare prepare_;
  size_t next_ = 0;
  std::vector<std::unique_ptr<BoundedQueue<Item>>> queues_;  // one a thread
  std::vector<std::jthread> threads_;
};

}  // namespace keelrow::train
