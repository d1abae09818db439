#include "rollout/keeper.h"

#include <fmt/format.h>

#include "base/log.h"

namespace keelrow::rollout {
namespace {

using Action = Decision::Action;

constexpr track::TimeMs kFreshMs = 5'000;  // evidence comes every second
constexpr track::TimeMs kTogetherMs = 1'000;
constexpr std::chrono::seconds kRetry{1};
constexpr int kTries = 5;  // against others who change it at the same time

/// Whether it is the step that `before` is.
bool Continues(const track::Rollout& row, const Live* before) {
  return before != nullptr && before->record.id == row.id && before->record.step == row.step;
}

bool IsQuiet(const Sides& recent) {
  const Comparison& shadow = recent.shadow;
  return recent.stable.Total() + recent.candidate.Total() + recent.candidate.overdue +
             shadow.compared + shadow.passed_over ==
         0;
}

}  // namespace

Live::Live(const track::Rollout& row, const Live* before, Time now)
    : record(row),
      plan(StoredPlan(row.plan)),
      split(row.id),
      recorder(Continues(row, before)
                   ? before->recorder
                   : std::make_shared<Recorder>(plan.slo.window, plan.slo.latency)),
      since(Continues(row, before) ? before->since : now),
      from(Continues(row, before) ? before->from : row.step_began + kTogetherMs),
      stopped(before != nullptr && before->record.id == row.id && before->stopped) {
  if (row.step >= 0 && static_cast<size_t>(row.step) < plan.steps.size()) return;
  throw Error(Code::kCorrupt, fmt::format("its plan has no step {}", row.step + 1));
}

double Live::Weight(track::TimeMs wall) const {
  if (stopped) return 0;
  const auto step = static_cast<size_t>(record.step);
  if (wall >= from) return plan.steps.at(step).weight;
  return step == 0 ? 0 : plan.steps.at(step - 1).weight;
}

Evidence Pooled(const std::vector<track::RolloutEvidence>& rows, track::TimeMs now,
                const std::string& own) {
  Evidence pooled;
  for (const track::RolloutEvidence& row : rows) {
    if (row.replica == own) continue;
    try {
      const Evidence evidence = EvidenceFrom(row.evidence);
      pooled.step.Add(evidence.step);
      if (row.time + kFreshMs < now) continue;
      pooled.recent.Add(evidence.recent);
      pooled.absent.insert(pooled.absent.end(), evidence.absent.begin(), evidence.absent.end());
    } catch (const Error&) {
      ++pooled.unreadable;
    }
  }
  return pooled;
}

Keeper::Keeper(KeeperOptions options) : options_(std::move(options)) {}

track::Store& Keeper::Open() {
  if (!store_) store_.emplace(options_.store);
  return *store_;
}

std::shared_ptr<const LiveTable> Keeper::Table() const {
  const std::lock_guard lock(mutex_);
  return table_;
}

void Keeper::Follow(Time now) {
  if (now < retry_at_) return;
  try {
    Read(now);
  } catch (const std::exception& failure) {
    StoreFailed(failure.what(), now);
  }
}

void Keeper::Read(Time now) {
  track::Store& store = Open();
  const int64_t change = store.ChangeCounter();
  if (change == seen_) return;
  const auto before = Table();
  auto fresh = std::make_shared<LiveTable>();
  for (const track::Rollout& record : store.ActiveRollouts()) {
    if (auto live = Take(record, *before, now)) (*fresh)[record.model] = std::move(live);
  }
  seen_ = change;
  any_ = !fresh->empty();
  std::shared_ptr<const LiveTable> published = std::move(fresh);
  const std::lock_guard lock(mutex_);
  table_.swap(published);
}

/// Null for a row that cannot be read: its candidate answers nobody, the others go on.
std::shared_ptr<Live> Keeper::Take(const track::Rollout& row, const LiveTable& before, Time now) {
  const auto found = before.find(row.model);
  const Live* old = found == before.end() ? nullptr : found->second.get();
  if (old != nullptr && old->record.id == row.id && old->record.revision == row.revision) {
    return found->second;
  }
  try {
    return std::make_shared<Live>(row, old, now);
  } catch (const std::exception& failure) {
    if (!damaged_.insert(row.id).second) return nullptr;
    log::Warning("rollout {} of {} is passed over, its row cannot be read: {}", row.id, row.model,
                 failure.what());
    options_.on_unreadable("rollout");
    return nullptr;
  }
}

/// What was read of it stays. The connection does not: the file may be another one now.
void Keeper::StoreFailed(const std::string& what, Time now) {
  Complain(what);
  options_.on_unreadable("store");
  retry_at_ = now + kRetry;
  if (!std::filesystem::exists(options_.store)) return;  // opening it would make an empty one
  store_.reset();
  seen_ = -1;
}

void Keeper::Judge(track::TimeMs wall, Time now) {
  for (const auto& [model, live] : *Table()) {
    try {
      JudgeOne(*live, wall, now);
    } catch (const std::exception& failure) {
      StoreFailed(failure.what(), now);
    }
  }
  complaints_ = std::exchange(fresh_complaints_, {});
}

void Keeper::Complain(const std::string& what) {
  if (!complaints_.contains(what) && !fresh_complaints_.contains(what)) {
    log::Warning("a rollout cannot be kept: {}", what);
  }
  fresh_complaints_.insert(what);
}

/// A store that fails for a while must not keep a bad version answering: what this replica has seen
/// itself is judged all the same. Others are not asked about before the next second: each of them
/// might wait for a lock.
Evidence Keeper::Pool(const Live& live, track::TimeMs wall, Time now) {
  Evidence own = live.recorder->Seen(now);
  if (now < retry_at_) return own;
  try {
    Share(live, own, wall);
  } catch (const std::exception& failure) {
    StoreFailed(failure.what(), now);
  }
  return own;
}

/// Tells the others, and adds what they said.
void Keeper::Share(const Live& live, Evidence& own, track::TimeMs wall) {
  const track::Rollout& record = live.record;
  const std::string absence = options_.absence(record.model, record.candidate);
  if (!absence.empty()) own.absent.push_back(absence);
  const bool quiet = IsQuiet(own.recent) && absence.empty();  // for days, perhaps: said once
  if (!quiet || !quiet_[record.id]) {
    Open().SaveEvidence(record.id, record.step,
                        {.replica = options_.replica, .time = wall, .evidence = ToJson(own)});
  }
  quiet_[record.id] = quiet;
  const Evidence others = Pooled(Open().Evidence(record.id, record.step), wall, options_.replica);
  own.recent.Add(others.recent);
  own.step.Add(others.step);
  CountUnreadable(record.id, others.unreadable);
}

void Keeper::CountUnreadable(int64_t rollout, uint64_t rows) {
  uint64_t& known = unreadable_[rollout];
  if (rows > known) {
    log::Warning("rollout {}: what {} of its replicas have seen cannot be read, and is left out",
                 rollout, rows);
  }
  for (; known < rows; ++known) options_.on_unreadable("evidence");
}

void Keeper::JudgeOne(Live& live, track::TimeMs wall, Time now) {
  const Situation situation{
      .in_step = std::chrono::milliseconds(wall - live.record.step_began),
      .watched = std::chrono::duration_cast<std::chrono::milliseconds>(now - live.since),
      .candidate_fault = options_.fault(live.record.model, live.record.candidate),
      .verdict = rollout::Judge(live.plan.slo, Pool(live, wall, now))};
  const Decision decision = Decide(live.plan, live.record, situation);
  if (decision.action == Action::kUndo) {
    live.stopped = true;
    unwritten_.try_emplace(live.record.id, decision);
  }
  if (now < retry_at_) return;  // the store has just failed
  const auto breach = unwritten_.find(live.record.id);
  if (breach != unwritten_.end()) {
    Act(live, breach->second);
    unwritten_.erase(breach);  // not reached while the store cannot be written
  } else if (decision.action != Action::kNone) {
    Act(live, decision);
  }
}

void Keeper::Act(Live& live, const Decision& decision) {
  const track::RolloutChange change = ChangeOf(live.plan, live.record, decision);
  const bool undo = decision.action == Action::kUndo;
  const bool done = undo ? Undo(live, decision) : Open().ChangeRollout(change);
  if (!done) return;  // another replica was faster
  log::Info("rollout {} of {} version {}: {} ({})", live.record.id, live.record.model,
            live.record.candidate, change.action, decision.reason);
  options_.on_change(live.record.model, change.action);
}

/// Whatever others did to the rollout meanwhile, as long as it goes on.
bool Keeper::Undo(const Live& live, const Decision& decision) {
  for (int i = 0; i < kTries; ++i) {
    const auto now = Open().LastRollout(live.record.model);
    if (!now || now->id != live.record.id || !now->Active()) return false;
    if (Open().ChangeRollout(ChangeOf(live.plan, *now, decision))) return true;
  }
  throw Error(Code::kConflict, "others change the rollout again and again");
}

}  // namespace keelrow::rollout
