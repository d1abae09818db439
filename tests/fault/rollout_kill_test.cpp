// Replicas that roll versions out are killed with kill -9: whatever the moment, the store holds a
// rollout that goes on or has ended, its champion, and one row of the audit for each change.
//
// Two children keep the rollouts of one store, each with a clock of its own that runs as fast as it
// can. Candidates of every third rollout fail. Both are killed at a random moment, again and again;
// those that come after go on. The moments come from KEELROW_SEED; KEELROW_KILLS says how many.

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "base/files.h"
#include "base/random.h"
#include "rollout/keeper.h"

namespace keelrow::rollout {
namespace {

using namespace std::chrono_literals;

constexpr const char* kModel = "digits";
constexpr int kReplicas = 2;
constexpr int kAnswersASecond = 20;
constexpr uint64_t kPauseUsMax = 60'000;
const Json kPlan = {
    {"steps", {{{"weight", 0.1}, {"hold", "1s"}}, {{"weight", 0.5}, {"hold", "1s"}}}},
    {"slo", {{"samples", 10}, {"window", "2s"}}}};

[[noreturn]] void Fail(const std::string& what) {
  std::cerr << "rollout_kill_test: " << what << "\n";
  std::exit(1);
}

void Demand(bool holds, const std::string& what) {
  if (!holds) Fail(what);
}

uint64_t Setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// The next rollout, from the champion to the other version.
void Begin(track::Store& store) {
  const int champion = store.FindAlias(kModel, "champion")->version;
  try {
    store.StartRollout(
        {.model = kModel, .candidate = 3 - champion, .plan = kPlan, .actor = "child"});
  } catch (const Error& error) {
    if (error.code() != Code::kConflict) throw;  // the other replica was faster
  }
}

void Answer(const Live& live, Time now) {
  const bool bad = live.record.id % 3 == 0;
  for (int i = 0; i < kAnswersASecond; ++i) {
    live.recorder->End({.side = Side::kStable}, now, now);
    live.recorder->End(
        {.side = Side::kCandidate, .result = bad ? Result::kFailed : Result::kAnswered}, now, now);
  }
}

/// Forever. Says to the pipe what it has changed, after that was acknowledged.
[[noreturn]] void Keep(const fs::path& file, const std::string& replica, int pipe) {
  track::Store store(file);
  Keeper keeper({.store = file, .replica = replica, .on_change = [&](const auto&, const auto&) {
                   if (::write(pipe, "c", 1) < 0) ::_exit(3);
                 }});
  for (Time now{};; now += 1s) {
    keeper.Follow(now);
    const auto table = keeper.Table();
    if (table->empty()) {
      Begin(store);
      continue;
    }
    const Live& live = *table->at(kModel);
    Answer(live, now);
    keeper.Judge(live.record.step_began + 2000, now);
  }
}

pid_t StartReplica(const fs::path& file, const std::string& replica, int pipe) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  try {
    Keep(file, replica, pipe);
  } catch (const std::exception& failure) {
    std::cerr << AsError(failure).Render();
  }
  ::_exit(2);
}

/// Runs replicas for that long; returns how many changes they were told of.
size_t RunAndKill(const fs::path& file, uint64_t round, uint64_t pause_us) {
  int ends[2];
  if (::pipe(ends) != 0) throw ErrnoError("make", "a pipe");
  std::vector<pid_t> children;
  for (int i = 0; i < kReplicas; ++i) {
    children.push_back(StartReplica(file, fmt::format("{}-{}", round, i), ends[1]));
  }
  ::close(ends[1]);
  const timespec pause{.tv_sec = 0, .tv_nsec = static_cast<long>(pause_us * 1000)};
  ::nanosleep(&pause, nullptr);  // the moment itself is what is tested
  for (const pid_t child : children) ::kill(child, SIGKILL);
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    Demand(WIFSIGNALED(status), "a replica ended before it was killed");
  }
  size_t told = 0;
  char piece[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], piece, sizeof piece)) > 0;) {
    told += static_cast<size_t>(got);
  }
  ::close(ends[0]);
  return told;
}

/// The audit, read from its beginning: what it says must follow from itself.
class Replay {
 public:
  void Take(const track::AuditRow& row) {
    if (promise_ != 0) {  // the change before promised it, in its own transaction
      Demand(row.action == "promote" && row.after["version"] == promise_, "a champion is missing");
      promise_ = 0;
    }
    if (row.action == "promote") champion_ = row.after["version"];
    if (row.action.starts_with("rollout-")) TakeRollout(row);
  }
  void Check(const track::Store& store) const {
    Demand(promise_ == 0, "a rollout has ended without its champion");
    Demand(store.FindAlias(kModel, "champion")->version == champion_, "another one is champion");
    const auto last = store.LastRollout(kModel);
    Demand((last ? last->id : 0) == rollout_, "a rollout is not in the audit");
    if (!last) return;
    Demand(last->Active() == active_, "a rollout's end is not what the audit says");
    Demand(last->step == step_, "a rollout's step is not what the audit says");
    Demand(last->revision == rows_, "a change has another number of rows than one");
  }
  size_t changes() const { return changes_; }

 private:
  void TakeRollout(const track::AuditRow& row) {
    const int64_t id = row.after["rollout"];
    if (row.action == "rollout-start") {
      Demand(!active_ && id == rollout_ + 1, "two rollouts go on");
      rollout_ = id;
      active_ = true;
      step_ = rows_ = 0;
    } else {
      ++changes_;
      Demand(active_ && id == rollout_, "a rollout changed after its end");
      Demand(row.before["step"] == step_, "a step was changed twice");
    }
    ++rows_;
    step_ = row.after["step"];
    Demand(row.action != "rollout-undo" || id % 3 == 0, "a good one was undone");
    Demand(row.action != "rollout-advance" || id % 3 != 0, "a bad one went on");
    active_ = row.action != "rollout-undo" && row.action != "rollout-finish";
    if (row.action == "rollout-finish") promise_ = row.after["candidate"];
  }

  int champion_ = 0;
  int promise_ = 0;
  int64_t rollout_ = 0;
  bool active_ = false;
  int step_ = 0;
  int64_t rows_ = 0;
  size_t changes_ = 0;
};

int Main() {
  const uint64_t kills = Setting("KEELROW_KILLS", 40);
  const uint64_t seed = Setting("KEELROW_SEED", 6);
  std::cout << fmt::format("rollout_kill_test: seed={} kills={}\n", seed, kills) << std::flush;
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "store.db";
  {
    track::Store store(file);
    for (const char* hash : {"a", "b"}) {
      store.Register({.model = kModel, .bundle_path = hash, .bundle_hash = hash}, "test");
    }
    store.Promote({.model = kModel, .version = 1, .actor = "test"});
  }
  size_t told = 0;
  size_t changes = 0;
  int64_t rollouts = 0;
  for (uint64_t i = 0; i < kills; ++i) {
    told += RunAndKill(file, i, Random(seed, "kill", {i}).Below(kPauseUsMax));
    const track::Store store(file);
    store.Check();
    Replay replay;
    for (const track::AuditRow& row : store.Audit(kModel)) replay.Take(row);
    replay.Check(store);
    changes = replay.changes();
    Demand(changes >= told, "an acknowledged change is lost");
    Demand(changes <= told + (i + 1) * kReplicas, "there are changes that nobody made");
    rollouts = store.LastRollout(kModel) ? store.LastRollout(kModel)->id : 0;
  }
  Demand(rollouts > 3, "too little happened between the kills");
  std::cout << fmt::format("rollout_kill_test: {} kills, {} rollouts, {} changes, {} told of\n",
                           kills, rollouts, changes, told);
  return 0;
}

}  // namespace
}  // namespace keelrow::rollout

int main() {
  try {
    return keelrow::rollout::Main();
  } catch (const std::exception& error) {
    std::cerr << "rollout_kill_test: " << error.what() << "\n";
    return 1;
  }
}
