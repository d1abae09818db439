#include <fmt/format.h>

#include "track/registry_rows.h"

namespace keelrow::track {
namespace {

constexpr std::string_view kColumns =
    "SELECT id, model, stable, candidate, plan, state, step, started, step_began, ended, revision, "
    "reason FROM rollouts ";

/// What cannot be read is null: one damaged row must hide neither the others nor its own rollout,
/// which somebody wants to end.
Json StoredOrNull(const std::string& text) {
  auto json = ParseJson(text, "the store");
  return json ? std::move(*json) : Json();
}

Rollout ReadRollout(const Statement& row) {
  return {.id = row.Integer(0),
          .model = row.Text(1),
          .stable = static_cast<int>(row.Integer(2)),
          .candidate = static_cast<int>(row.Integer(3)),
          .plan = StoredOrNull(row.Text(4)),
          .state = row.Text(5),
          .step = static_cast<int>(row.Integer(6)),
          .started = row.Integer(7),
          .step_began = row.Integer(8),
          .ended = row.Integer(9),
          .revision = row.Integer(10),
          .reason = row.Text(11)};
}

template <class... Values>
std::optional<Rollout> FindRollout(const Database& database, std::string_view where,
                                   const Values&... values) {
  Statement row = database.Query(std::string(kColumns) + std::string(where), values...);
  if (!row.Step()) return std::nullopt;
  return ReadRollout(row);
}

Json Standing(const Rollout& rollout) {
  return {{"rollout", rollout.id},
          {"candidate", rollout.candidate},
          {"state", rollout.state},
          {"step", rollout.step}};
}

bool Ends(const std::string& state) {
  return state == "finished" || state == "undone";
}

/// The row and its line in the audit.
void Write(Database& database, const Rollout& before, const RolloutChange& change) {
  Rollout after = before;
  after.state = change.state;
  after.step = change.step;
  const TimeMs now = Now();
  const bool began = change.step != before.step || (before.state == "paused" && !Ends(after.state));
  const TimeMs ended = before.ended != 0 ? before.ended : Ends(after.state) ? now : 0;
  database.Execute(
      "UPDATE rollouts SET state = ?, step = ?, step_began = ?, ended = ?, revision = ?, "
      "reason = ? WHERE id = ?",
      after.state, after.step, began ? now : before.step_began, ended, before.revision + 1,
      change.reason, before.id);
  Append(database, {.actor = change.actor,
                    .action = change.action.c_str(),
                    .model = before.model,
                    .before = Standing(before),
                    .after = Standing(after),
                    .reason = change.reason});
}

void MoveChampion(Database& database, const Rollout& rollout, const RolloutChange& change) {
  using Champion = RolloutChange::Champion;
  const std::string reason = fmt::format("rollout {}: {}", rollout.id, change.reason);
  if (change.champion == Champion::kPromote) {
    PointAlias(database, {.model = rollout.model,
                          .version = rollout.candidate,
                          .alias = kChampion,
                          .actor = change.actor,
                          .reason = reason});
  }
  const bool restore = change.champion == Champion::kRestore &&
                       Holder(database, rollout.model, kChampion) == rollout.candidate;
  if (restore) PointBack(database, rollout.model, kChampion, change.actor, reason);
}

void RefuseAnother(const Database& database, const NewRollout& rollout) {
  const auto active = FindRollout(database, "WHERE model = ? AND ended = 0 LIMIT 1", rollout.model);
  if (!active) return;
  throw Error(Code::kConflict,
              fmt::format("version {} of `{}` is being rolled out already", active->candidate,
                          active->model),
              {.hint = "`keelrow rollout undo` or `keelrow rollout promote` ends that first"});
}

int ChampionFor(const Database& database, const NewRollout& rollout) {
  const std::optional<int> stable = Holder(database, rollout.model, kChampion);
  if (!stable) {
    throw Error(Code::kConflict,
                fmt::format("`{}` has no @champion to roll out from", rollout.model),
                {.hint = fmt::format("`keelrow models promote {} {}` makes it the first",
                                     rollout.model, rollout.candidate)});
  }
  if (*stable != rollout.candidate) return *stable;
  throw Error(Code::kConflict, fmt::format("version {} of `{}` is @champion already",
                                           rollout.candidate, rollout.model));
}

}  // namespace

void EndRolloutOf(Database& database, const std::string& model, const std::string& actor) {
  const auto active = FindRollout(database, "WHERE model = ? AND ended = 0 LIMIT 1", model);
  if (!active) return;
  const std::optional<int> champion = Holder(database, model, kChampion);
  const bool arrived = champion == active->candidate;
  Write(database, *active,
        {.action = arrived ? "rollout-finish" : "rollout-undo",
         .state = arrived ? "finished" : "undone",
         .step = active->step,
         .actor = actor,
         .reason = fmt::format("@champion was moved to version {}", champion.value_or(0))});
}

Rollout Store::StartRollout(const NewRollout& rollout) {
  const std::lock_guard lock(state_->mutex);
  Database& database = state_->database;
  return database.Write([&] {
    RequireVersion(database, rollout.model, rollout.candidate);
    RefuseAnother(database, rollout);
    const int stable = ChampionFor(database, rollout);
    const TimeMs now = Now();
    database.Execute(
        "INSERT INTO rollouts (model, stable, candidate, plan, state, step, started, step_began, "
        "revision, reason) VALUES (?, ?, ?, ?, 'running', 0, ?, ?, 1, ?)",
        rollout.model, stable, rollout.candidate, rollout.plan.dump(), now, now, rollout.reason);
    const auto made = FindRollout(database, "WHERE model = ? AND ended = 0", rollout.model);
    Json after = Standing(*made);
    after["stable"] = stable;
    after["plan"] = rollout.plan;
    Append(database, {.actor = rollout.actor,
                      .action = "rollout-start",
                      .model = rollout.model,
                      .before = nullptr,
                      .after = std::move(after),
                      .reason = rollout.reason});
    return *made;
  });
}

bool Store::ChangeRollout(const RolloutChange& change) {
  const std::lock_guard lock(state_->mutex);
  Database& database = state_->database;
  return database.Write([&] {
    const auto before = FindRollout(database, "WHERE id = ?", change.rollout);
    if (!before || before->revision != change.revision) return false;
    Write(database, *before, change);
    MoveChampion(database, *before, change);
    return true;
  });
}

std::vector<Rollout> Store::ActiveRollouts() const {
  const std::lock_guard lock(state_->mutex);
  Statement rows = state_->database.Query(std::string(kColumns) + "WHERE ended = 0 ORDER BY id");
  std::vector<Rollout> rollouts;
  while (rows.Step()) rollouts.push_back(ReadRollout(rows));
  return rollouts;
}

std::optional<Rollout> Store::LastRollout(const std::string& model) const {
  const std::lock_guard lock(state_->mutex);
  return FindRollout(state_->database, "WHERE model = ? ORDER BY id DESC LIMIT 1", model);
}

void Store::SaveEvidence(int64_t rollout, int step, const RolloutEvidence& evidence) {
  const std::lock_guard lock(state_->mutex);
  state_->database.Write([&] {
    state_->database.Execute("INSERT OR REPLACE INTO rollout_evidence VALUES (?, ?, ?, ?, ?)",
                             rollout, step, evidence.replica, evidence.time,
                             evidence.evidence.dump());
  });
}

std::vector<RolloutEvidence> Store::Evidence(int64_t rollout, int step) const {
  constexpr int kReplicasMax = 1000;  // a new one with each start of a service; the last to speak
  const std::lock_guard lock(state_->mutex);
  Statement rows = state_->database.Query(
      "SELECT replica, time, evidence FROM rollout_evidence WHERE rollout = ? AND step = ? "
      "ORDER BY time DESC LIMIT ?",
      rollout, step, kReplicasMax);
  std::vector<RolloutEvidence> all;
  while (rows.Step()) {
    all.push_back(
        {.replica = rows.Text(0), .time = rows.Integer(1), .evidence = StoredOrNull(rows.Text(2))});
  }
  return all;
}

}  // namespace keelrow::track
