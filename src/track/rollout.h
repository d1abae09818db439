#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"

namespace keelrow::track {

/// A new version of a model on its way to be champion, or not. What its plan and its evidence mean
/// is rollout/'s business; the store keeps them whole, and gives null for what was damaged. One at
/// a time a model.
struct Rollout {
  int64_t id = 0;
  std::string model;
  int stable = 0;  // the champion when it began
  int candidate = 0;
  Json plan;
  std::string state;       // "running", "paused"; ended: "finished", "undone"
  int step = 0;            // from 0
  int64_t started = 0;     // milliseconds since 1970, UTC
  int64_t step_began = 0;  // or when it was resumed
  int64_t ended = 0;       // 0 while it goes on
  int64_t revision = 0;    // grows with every change
  std::string reason;      // of the last one

  bool Active() const { return ended == 0; }
};

struct NewRollout {
  std::string model;
  int candidate = 0;
  Json plan = Json::object();
  std::string actor;
  std::string reason = {};
};

/// A change of a rollout by somebody who has seen `revision` of it.
struct RolloutChange {
  enum class Champion {
    kStays,
    kPromote,  // becomes the candidate
    kRestore   // the stable version again, if it is the candidate now
  };
  int64_t rollout = 0;
  int64_t revision = 0;
  std::string action;  // in the audit: "rollout-advance", "rollout-undo", …
  std::string state;
  int step = 0;
  Champion champion = Champion::kStays;
  std::string actor;
  std::string reason = {};
};

/// What one replica has seen in one step.
struct RolloutEvidence {
  std::string replica;
  int64_t time = 0;  // of its last word, milliseconds since 1970, UTC
  Json evidence;
};

}  // namespace keelrow::track
