#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "rollout/controller.h"
#include "rollout/recorder.h"
#include "rollout/split.h"
#include "track/store.h"

namespace keelrow::rollout {

/// A rollout that goes on, as requests see it. They hold it to their end.
struct Live {
  /// Throws kCorrupt where the row has no plan, or a step that its plan has not.
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
  /// Why it is not loaded now; empty when it is.
  std::function<std::string(const std::string& model, int version)> absence =
      [](const std::string&, int) { return std::string(); };
  /// Told of every change that this replica made: its action in the audit.
  std::function<void(const std::string& model, const std::string& action)> on_change =
      [](const std::string&, const std::string&) {};
  /// Told of what could not be read: each "rollout" and each replica's "evidence" once, the "store"
  /// every time.
  std::function<void(const char* what)> on_unreadable = [](const char*) {};
};

/// Keeps the rollouts of one store on one replica: follows those that go on, pools what the
/// replicas have seen, and steps, finishes or undoes. Many keepers may do so at once: a change is
/// made by the first of them. A row that cannot be read is passed over; while the store cannot be,
/// what was read last goes on, judged by what this replica sees itself. Table from any thread, the
/// rest from one.
class Keeper {
 public:
  explicit Keeper(KeeperOptions options);

  /// Looks at the store; costs one look-up where nothing has changed. Throws nothing.
  void Follow(Time now);
  /// Writes and reads evidence, and acts on it. `wall`: milliseconds since 1970. Throws nothing.
  void Judge(track::TimeMs wall, Time now);

  /// Never null.
  std::shared_ptr<const LiveTable> Table() const;
  bool Any() const { return any_; }

 private:
  track::Store& Open();
  void Read(Time now);
  std::shared_ptr<Live> Take(const track::Rollout& row, const LiveTable& before, Time now);
  void StoreFailed(const std::string& what, Time now);
  void CountUnreadable(int64_t rollout, uint64_t rows);
  void JudgeOne(Live& live, track::TimeMs wall, Time now);
  Evidence Pool(const Live& live, track::TimeMs wall, Time now);
  void Share(const Live& live, Evidence& own, track::TimeMs wall);
  void Act(Live& live, const Decision& decision);
  bool Undo(const Live& live, const Decision& decision);
  void Complain(const std::string& what);

  const KeeperOptions options_;
  std::optional<track::Store> store_;
  int64_t seen_ = -1;
  std::map<int64_t, bool> quiet_;           // whether the last evidence said that nobody asks
  std::map<int64_t, Decision> unwritten_;   // breaches that the store was not told of yet
  std::set<int64_t> damaged_;               // rollouts that cannot be read
  std::map<int64_t, uint64_t> unreadable_;  // how many rows of evidence cannot
  Time retry_at_{};                         // the store, after it failed
  std::set<std::string> complaints_;        // of the last second; what goes on is logged once
  std::set<std::string> fresh_complaints_;  // of this one
  mutable std::mutex mutex_;
  std::shared_ptr<const LiveTable> table_ = std::make_shared<LiveTable>();
  std::atomic<bool> any_{false};
};

/// What all replicas together know. What one said of its last seconds more than `kFresh` ago is
/// past. `own` is left out, and so is what cannot be read.
Evidence Pooled(const std::vector<track::RolloutEvidence>& rows, track::TimeMs now,
                const std::string& own = {});

}  // namespace keelrow::rollout
