#include "predictions/waiting_threads.h"

#include <pthread.h>

namespace keelrow::predictions {

WaitingThreads::WaitingThreads(int threads, size_t queue_max) : count_(threads), jobs_(queue_max) {}

WaitingThreads::~WaitingThreads() {
  Close();
}

void WaitingThreads::Close() {
  stopping_ = true;
  jobs_.Close();
  std::call_once(started_, [] {});  // from here on none are started
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool WaitingThreads::Post(std::function<void()> job) {
  std::call_once(started_, [this] {
    for (int i = 0; i < count_; ++i) {
      threads_.emplace_back([this] { Work(); });
      pthread_setname_np(threads_.back().native_handle(), "waiting");
    }
  });
  return jobs_.TryPush(std::move(job));
}

void WaitingThreads::Work() {
  while (auto job = jobs_.Pop()) {
    if (!stopping_) (*job)();
  }
}

}  // namespace keelrow::predictions
