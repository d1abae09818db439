#pragma once

#include <mutex>

#include "track/database.h"
#include "track/store.h"

namespace keelrow::track {

/// Behind a Store: one connection, one thread at a time inside. Private to track/.
struct Store::State {
  explicit State(const std::filesystem::path& file) : database(file), path(file) {}

  std::mutex mutex;
  Database database;
  std::filesystem::path path;
};

TimeMs Now();

}  // namespace keelrow::track
