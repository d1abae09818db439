#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "base/random.h"
#include "base/text.h"
#include "track/state.h"

namespace keelrow::track {
namespace {

constexpr std::string_view kLetters = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford's base 32
constexpr int kTimeLetters = 9;   // 45 bits of milliseconds: until the year 3084
constexpr int kDrawnLetters = 3;  // runs that start in one millisecond

std::string NewRunId(TimeMs now, uint64_t attempt) {
  const auto nanoseconds = std::chrono::steady_clock::now().time_since_epoch().count();
  Random random(static_cast<uint64_t>(nanoseconds), "run-id",
                {static_cast<uint64_t>(::getpid()), attempt});
  std::string id;
  for (int i = kTimeLetters - 1; i >= 0; --i) id += kLetters[now >> (5 * i) & 31];
  for (int i = 0; i < kDrawnLetters; ++i) id += kLetters[random.Below(32)];
  return id;
}

bool Exists(const Database& database, const std::string& run) {
  return database.Query("SELECT 1 FROM runs WHERE id = ?", run).Step();
}

[[noreturn]] void ThrowNoRun(const Database& database, const std::string& run) {
  std::vector<std::string> ids;
  Statement rows = database.Query("SELECT id FROM runs ORDER BY started DESC LIMIT 1000");
  while (rows.Step()) ids.push_back(rows.Text(0));
  std::string hint = DidYouMean(run, ids);
  if (hint.empty()) hint = "`keelrow runs ls` lists them";
  throw Error(Code::kNotFound, fmt::format("there is no run `{}`", run), {.hint = hint});
}

void RequireRun(const Database& database, const std::string& run) {
  if (!Exists(database, run)) ThrowNoRun(database, run);
}

std::map<std::string, std::string> Texts(const Database& database, std::string_view table,
                                         const std::string& run) {
  std::map<std::string, std::string> values;
  Statement rows =
      database.Query(fmt::format("SELECT name, value FROM {} WHERE run = ?", table), run);
  while (rows.Step()) values[rows.Text(0)] = rows.Text(1);
  return values;
}

void ReadDetails(const Database& database, Run& run) {
  run.parameters = Texts(database, "parameters", run.id);
  run.tags = Texts(database, "tags", run.id);
  // SQLite gives the value of the row that holds the max.
  Statement metrics = database.Query(
      "SELECT name, value, max(step) FROM metrics WHERE run = ? GROUP BY name", run.id);
  while (metrics.Step()) run.metrics[metrics.Text(0)] = metrics.Real(1);
  Statement steps = database.Query(
      "SELECT name, key, status, seconds FROM steps WHERE run = ? ORDER BY id", run.id);
  while (steps.Step()) {
    run.steps.push_back({.name = steps.Text(0),
                         .key = steps.Text(1),
                         .status = steps.Text(2),
                         .seconds = steps.Real(3)});
  }
  Statement artifacts = database.Query(
      "SELECT name, path, sha256, size FROM artifacts WHERE run = ? ORDER BY name", run.id);
  while (artifacts.Step()) {
    run.artifacts.push_back({.name = artifacts.Text(0),
                             .path = artifacts.Text(1),
                             .sha256 = artifacts.Text(2),
                             .size = static_cast<uint64_t>(artifacts.Integer(3))});
  }
}

Run ReadRun(const Database& database, const std::string& id) {
  Statement row =
      database.Query("SELECT project, status, started, ended FROM runs WHERE id = ?", id);
  if (!row.Step()) ThrowNoRun(database, id);
  Run run{.id = id,
          .project = row.Text(0),
          .status = row.Text(1),
          .started = row.Integer(2),
          .ended = row.Integer(3)};
  ReadDetails(database, run);
  return run;
}

/// The one run whose id begins so.
std::string CompleteId(const Database& database, const std::string& prefix) {
  if (prefix == "last") {
    Statement row = database.Query("SELECT id FROM runs ORDER BY started DESC, id DESC LIMIT 1");
    if (!row.Step()) throw Error(Code::kNotFound, "there is no run yet", {.hint = "`keelrow run`"});
    return row.Text(0);
  }
  Statement rows = database.Query(
      "SELECT id FROM runs WHERE ?1 <> '' AND substr(id, 1, length(?1)) = ?1 LIMIT 2", prefix);
  if (!rows.Step()) ThrowNoRun(database, prefix);
  std::string id = rows.Text(0);
  if (!rows.Step()) return id;
  throw Error(Code::kBadValue, fmt::format("`{}` names several runs", prefix),
              {.hint = fmt::format("say more of it: {} or {}", id, rows.Text(0))});
}

}  // namespace

std::string Store::CreateRun(const NewRun& run) {
  const std::lock_guard lock(state_->mutex);
  Database& database = state_->database;
  return database.Write([&] {
    const TimeMs now = Now();
    uint64_t attempt = 0;
    std::string id = NewRunId(now, attempt);
    while (Exists(database, id)) id = NewRunId(now, ++attempt);
    database.Execute("INSERT INTO runs (id, project, status, started) VALUES (?, ?, 'running', ?)",
                     id, run.project, now);
    for (const auto& [name, value] : run.parameters) {
      database.Execute("INSERT INTO parameters VALUES (?, ?, ?)", id, name, value);
    }
    for (const auto& [name, value] : run.tags) {
      database.Execute("INSERT INTO tags VALUES (?, ?, ?)", id, name, value);
    }
    return id;
  });
}

void Store::LogMetrics(const std::string& run, int64_t step,
                       const std::map<std::string, double>& values) {
  const std::lock_guard lock(state_->mutex);
  Database& database = state_->database;
  database.Write([&] {
    RequireRun(database, run);
    const TimeMs now = Now();
    for (const auto& [name, value] : values) {
      // A resumed training logs its steps again: the later value counts.
      database.Execute("INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?, ?)", run, name, step,
                       value, now);
    }
  });
}

void Store::LogArtifact(const std::string& run, const Artifact& artifact) {
  const std::lock_guard lock(state_->mutex);
  Database& database = state_->database;
  database.Write([&] {
    RequireRun(database, run);
    database.Execute("INSERT OR REPLACE INTO artifacts VALUES (?, ?, ?, ?, ?)", run, artifact.name,
                     artifact.path, artifact.sha256, static_cast<int64_t>(artifact.size));
  });
}

void Store::RecordStep(const std::string& run, const StepRecord& step) {
  const std::lock_guard lock(state_->mutex);
  Database& database = state_->database;
  database.Write([&] {
    RequireRun(database, run);
    database.Execute(
        "INSERT INTO steps (run, project, name, key, status, seconds) "
        "SELECT id, project, ?2, ?3, ?4, ?5 FROM runs WHERE id = ?1",
        run, step.name, step.key, step.status, step.seconds);
  });
}

void Store::SetTag(const std::string& run, const std::string& name, const std::string& value) {
  const std::lock_guard lock(state_->mutex);
  Database& database = state_->database;
  database.Write([&] {
    RequireRun(database, run);
    database.Execute("INSERT OR REPLACE INTO tags VALUES (?, ?, ?)", run, name, value);
  });
}

void Store::FinishRun(const std::string& run, const std::string& status) {
  constexpr auto kEnds =
      std::to_array<std::string_view>({"finished", "failed", "interrupted", "killed"});
  if (std::ranges::find(kEnds, status) == kEnds.end()) {
    throw Error(Code::kBadValue, fmt::format("`{}` is not how a run can end", status));
  }
  const std::lock_guard lock(state_->mutex);
  Database& database = state_->database;
  database.Write([&] {
    RequireRun(database, run);
    database.Execute("UPDATE runs SET status = ?, ended = ? WHERE id = ?", status, Now(), run);
  });
}

std::vector<Run> Store::ListRuns(const std::string& project, int limit) const {
  const std::lock_guard lock(state_->mutex);
  const Database& database = state_->database;
  Statement rows = database.Query(
      "SELECT id FROM runs WHERE ?1 = '' OR project = ?1 ORDER BY started DESC, id DESC LIMIT ?2",
      project, limit);
  std::vector<Run> runs;
  while (rows.Step()) runs.push_back(ReadRun(database, rows.Text(0)));
  return runs;
}

std::vector<std::string> Store::RunningRuns() const {
  const std::lock_guard lock(state_->mutex);
  Statement rows = state_->database.Query("SELECT id FROM runs WHERE status = 'running'");
  std::vector<std::string> ids;
  while (rows.Step()) ids.push_back(rows.Text(0));
  return ids;
}

Run Store::GetRun(const std::string& id) const {
  const std::lock_guard lock(state_->mutex);
  return ReadRun(state_->database, CompleteId(state_->database, id));
}

std::vector<MetricPoint> Store::MetricHistory(const std::string& run) const {
  const std::lock_guard lock(state_->mutex);
  const Database& database = state_->database;
  const std::string id = CompleteId(database, run);
  Statement rows = database.Query(
      "SELECT name, step, value, time FROM metrics WHERE run = ? ORDER BY name, step", id);
  std::vector<MetricPoint> points;
  while (rows.Step()) {
    points.push_back({.name = rows.Text(0),
                      .step = rows.Integer(1),
                      .value = rows.Real(2),
                      .time = rows.Integer(3)});
  }
  return points;
}

std::optional<double> Store::LastStepSeconds(const std::string& project,
                                             const std::string& step) const {
  const std::lock_guard lock(state_->mutex);
  Statement row = state_->database.Query(
      "SELECT seconds FROM steps WHERE project = ? AND name = ? AND status = 'ran' "
      "ORDER BY id DESC LIMIT 1",
      project, step);
  if (!row.Step()) return std::nullopt;
  return row.Real(0);
}

}  // namespace keelrow::track
