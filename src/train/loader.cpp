#include "train/loader.h"

#include <algorithm>
#include <chrono>

#include "base/stop.h"

namespace keelrow::train {

Loader::Loader(Batches batches, Prepare prepare, const Options& options)
    : batches_(std::move(batches)), prepare_(std::move(prepare)) {
  const auto wanted = static_cast<size_t>(std::max(1, options.threads));
  const size_t count = std::clamp<size_t>(batches_.size(), 1, wanted);
  const size_t capacity = std::max<size_t>(1, options.ahead / count);
  for (size_t i = 0; i < count; ++i) {
    queues_.push_back(std::make_unique<BoundedQueue<Item>>(capacity));
  }
  try {
    for (size_t i = 0; i < count; ++i)
      threads_.emplace_back([this, i](const std::stop_token& stop) { Work(i, stop); });
  } catch (...) {  // no more threads are allowed; those that run must not wait for ever
    Stop();
    throw;
  }
}

Loader::~Loader() {
  Stop();
}

void Loader::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  for (const auto& queue : queues_) queue->Close();
}

std::optional<Batch> Loader::Next() {
  using std::chrono::milliseconds;
  if (next_ == batches_.size()) return std::nullopt;
  BoundedQueue<Item>& queue = *queues_[next_ % queues_.size()];
  std::optional<Item> item;
  while (!(item = queue.PopFor(milliseconds(100)))) {
    if (StopRequested()) return std::nullopt;
  }
  ++next_;
  if (item->failure) std::rethrow_exception(item->failure);
  return std::move(item->batch);
}

void Loader::Work(size_t first, const std::stop_token& stop) {
  for (size_t i = first; i < batches_.size(); i += queues_.size()) {
    Item item = Make(batches_[i], stop);
    if (stop.stop_requested() || !queues_[first]->Push(std::move(item))) return;
  }
}

Loader::Item Loader::Make(const std::vector<size_t>& examples, const std::stop_token& stop) const {
  try {
    std::vector<Tensor> inputs;
    std::vector<int64_t> labels;
    for (const size_t example : examples) {
      if (stop.stop_requested()) return {};
      Row row = prepare_(example);
      inputs.push_back(std::move(row.input));
      labels.push_back(row.label);
    }
    const auto count = static_cast<int64_t>(labels.size());
    return {.batch = {.input = Stack(inputs), .labels = Tensor::Of({count}, labels)},
            .failure = {}};
  } catch (...) {
    return {.batch = {}, .failure = std::current_exception()};
  }
}

}  // namespace keelrow::train
