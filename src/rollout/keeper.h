#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "rollout/controller.h"
#include "rollout/recorder.h"
#include "rollout/split.h"
#include "track/store.h"

namespace keelrow::rollout {

/// A rollout that goes on, as requests see it. They hold it to their end.
struct Live {
  Live(const track::Rollout& row, const Live* before, Time now);

  const track::Rollout record;
  const Plan plan;
  const Split split;
  const std::shared_ptr<Recorder> recorder;  // of this step
  const Time since;                          // the recorder's beginning
  /// Milliseconds since 1970. A second after a step was written all replicas have read it, and
  /// change over together: nobody goes to and fro between those who know of it and those who do not
  /// yet.
  const track::TimeMs from;
  /// Set before the store is told of a breach: from then on the candidate answers nobody here, even
  /// if the store cannot be written.
  std::atomic<bool> stopped{false};

  /// The candidate's share now.
  double Weight(track::TimeMs wall) const;
};
using LiveTable = std::map<std::string, std::shared_ptr<Live>, std::less<>>;  // by model

struct KeeperOptions {
  std::filesystem::path store;
  std::string replica;  // another one with every start
  /// Why that version cannot be loaded here; empty when it is, or may still be.
  std::function<std::string(const std::string& model, int version)> fault =
      [](const std::string&, int) { return std::string(); };
  /// Told of every change that this replica made: its action in the audit.
  std::function<void(const std::string& model, const std::string& action)> on_change =
      [](const std::string&, const std::string&) {};
};

/// Keeps the rollouts of one store on one replica: follows those that go on, pools what the
/// replicas have seen, and steps, finishes or undoes. Many keepers may do so at once: a change is
/// made by the first of them. Table from any thread, the rest from one.
class Keeper {
 public:
  explicit Keeper(KeeperOptions options);

  /// Looks at the store; costs one look-up where nothing has changed.
  void Follow(Time now);
  /// Writes and reads evidence, and acts on it. `wall`: milliseconds since 1970.
  void Judge(track::TimeMs wall, Time now);

  /// Never null.
  std::shared_ptr<const LiveTable> Table() const;
  bool Any() const { return any_; }

 private:
  track::Store& Open();
  void JudgeOne(Live& live, track::TimeMs wall, Time now);
  Evidence Pool(const Live& live, track::TimeMs wall, Time now);
  void Act(Live& live, const Decision& decision);
  bool Undo(const Live& live, const Decision& decision);
  void Complain(const std::string& what);

  const KeeperOptions options_;
  std::optional<track::Store> store_;
  int64_t seen_ = -1;
  std::map<int64_t, bool> quiet_;          // whether the last evidence said that nobody asks
  std::map<int64_t, Decision> unwritten_;  // breaches that the store was not told of yet
  std::string complaint_;                  // the last one; each is logged once
  mutable std::mutex mutex_;
  std::shared_ptr<const LiveTable> table_ = std::make_shared<LiveTable>();
  std::atomic<bool> any_{false};
};

/// What all replicas together know. What one said of its last seconds more than `kFresh` ago is
/// past. `own` is left out.
Evidence Pooled(const std::vector<track::RolloutEvidence>& rows, track::TimeMs now,
                const std::string& own = {});

}  // namespace keelrow::rollout
