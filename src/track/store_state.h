#pragma once

#include <chrono>
#include <mutex>

#include "track/database.h"
#include "track/store.h"

namespace keelrow::track {

struct Store::State {
  explicit State(const std::filesystem::path& file) : database(file) {}

  mutable std::mutex mutex;
  Database database;
};

inline TimeMs NowMs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace keelrow::track
