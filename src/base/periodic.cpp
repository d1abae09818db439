#include "base/periodic.h"

#include "base/log.h"

namespace keelrow {

Periodic::Periodic(std::chrono::milliseconds first, Work work)
    : work_(std::move(work)), thread_([this, first] {
        auto wait = first;
        while (WaitFor(wait)) wait = WorkOnce();
      }) {}

Periodic::~Periodic() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Periodic::Poke() {
  {
    const std::lock_guard lock(mutex_);
    poked_ = true;
  }
  changed_.notify_all();
}

bool Periodic::WaitFor(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [this] { return poked_ || stopping_; });
  poked_ = false;
  return !stopping_;
}

std::chrono::milliseconds Periodic::WorkOnce() {
  try {
    return work_();
  } catch (const std::exception& failure) {
    log::Warning("what is done again and again failed: {}", failure.what());
    return std::chrono::seconds(1);
  }
}

}  // namespace keelrow
