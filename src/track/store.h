#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "track/rollout.h"

namespace keelrow::track {

/// Milliseconds since 1970, UTC.
using TimeMs = int64_t;

struct NewRun {
  std::string project;
  std::map<std::string, std::string> parameters = {};  // "train.epochs" → "8"
  std::map<std::string, std::string> tags = {};        // "data", "command", "program"
};

struct StepRecord {
  std::string name;
  std::string key;
  std::string status;  // "ran" or "cached"
  double seconds = 0;
};

struct Artifact {
  std::string name;  // "report", "bundle"
  std::string path;
  std::string sha256;
  uint64_t size = 0;
};

struct Run {
  std::string id;  // sorts by time; a unique prefix names it too
  std::string project;
  std::string status;  // "running", "finished", "failed", "interrupted", "killed"
  TimeMs started = 0;
  TimeMs ended = 0;  // 0 while running; of a killed one, when that was noticed
  std::map<std::string, std::string> parameters;
  std::map<std::string, std::string> tags;
  std::map<std::string, double> metrics;  // the latest value of each
  std::vector<StepRecord> steps;
  std::vector<Artifact> artifacts;
};

struct MetricPoint {
  std::string name;
  int64_t step = 0;
  double value = 0;
  TimeMs time = 0;
};

struct NewVersion {
  std::string model;
  std::string run;          // may be empty
  std::string bundle_path;  // relative to the project's folder, so that it can be moved
  std::string bundle_hash;
  Json metrics = Json::object();
  Json gate = Json::object();  // the verdict: {"passed": bool, "rows": […]}
};

struct ModelVersion {
  std::string model;
  int version = 0;  // from 1
  std::string run;
  std::string bundle_path;
  std::string bundle_hash;
  Json metrics;
  Json gate;
  TimeMs created = 0;
  std::vector<std::string> aliases;  // that point here now: "champion"
};

/// A change of an alias: who wants it and why. Stands in the audit.
struct Promotion {
  std::string model;
  int version = 0;
  std::string alias = "champion";
  std::string actor;
  std::string reason = {};
};

struct AuditRow {
  int64_t id = 0;
  TimeMs time = 0;
  std::string actor;
  std::string action;  // "register", "judge", "promote", "rollback", "rollout-…"; "issue", "revoke"
  std::string model;  // empty where the change is of no model
  Json before;
  Json after;
  std::string reason;
};

/// A change beside the registry's own that the audit shall show: who was given or refused access.
struct Event {
  std::string actor;
  std::string action;
  Json after = Json::object();  // never a secret
  std::string reason = {};
};

/// Runs, metrics, artifacts and the model registry in one SQLite file. A call that has returned
/// is on the disk (WAL, synchronous=FULL): kill -9 afterwards loses nothing. Many processes may
/// have the file open; one Store may be used from many threads, one at a time inside.
/// Throws kNotFound (with near names), kCorrupt, kUnsupported (a newer format), kDiskFull,
/// kPermission, kTimeout (another process holds the file for longer than 10 s).
class Store {
 public:
  /// Opens the file, or makes it.
  explicit Store(const std::filesystem::path& file);
  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  // Runs
  std::string CreateRun(const NewRun& run);
  void LogMetrics(const std::string& run, int64_t step,
                  const std::map<std::string, double>& values);
  void LogArtifact(const std::string& run, const Artifact& artifact);
  void RecordStep(const std::string& run, const StepRecord& step);
  void SetTag(const std::string& run, const std::string& name, const std::string& value);
  void FinishRun(const std::string& run, const std::string& status);
  /// Newest first.
  std::vector<Run> ListRuns(const std::string& project = {}, int limit = 100) const;
  /// Ids of those whose status is "running".
  std::vector<std::string> RunningRuns() const;
  /// By id or a unique prefix of it; "last" is the newest.
  Run GetRun(const std::string& id) const;
  std::vector<MetricPoint> MetricHistory(const std::string& run) const;
  /// How long a step took when it last ran; empty when it never did.
  std::optional<double> LastStepSeconds(const std::string& project, const std::string& step) const;

  // Registry
  /// The next version of the model; a bundle that is registered already gives its version again,
  /// with the new verdict of its gate.
  ModelVersion Register(const NewVersion& version, const std::string& actor);
  std::vector<std::string> Models() const;
  std::vector<ModelVersion> Versions(const std::string& model) const;  // oldest first
  ModelVersion GetVersion(const std::string& model, int version) const;
  std::optional<ModelVersion> FindAlias(const std::string& model, const std::string& alias) const;
  /// Points the alias at the version; returns whom it pointed at before. Who moves the champion
  /// ends the model's rollout.
  std::optional<int> Promote(const Promotion& promotion);
  /// Points the alias back at whom it pointed at before; returns that version. Repeated calls go
  /// further back. Throws kConflict when there is nothing to go back to.
  int Rollback(const std::string& model, const std::string& alias, const std::string& actor);
  std::vector<AuditRow> Audit(const std::string& model = {}) const;
  /// Appends a row to the audit.
  void Record(const Event& event);

  // Rollouts
  /// From the champion to `candidate`. Throws kNotFound, kConflict when there is no champion, it is
  /// the candidate, or another rollout of the model goes on.
  Rollout StartRollout(const NewRollout& rollout);
  /// False, and nothing done, when somebody else has changed it since `change.revision`.
  bool ChangeRollout(const RolloutChange& change);
  /// Those that go on.
  std::vector<Rollout> ActiveRollouts() const;
  /// The newest of the model, whether it goes on or not.
  std::optional<Rollout> LastRollout(const std::string& model) const;
  /// Replaces what the replica said of that step before. No change of the registry.
  void SaveEvidence(int64_t rollout, int step, const RolloutEvidence& evidence);
  std::vector<RolloutEvidence> Evidence(int64_t rollout, int step) const;

  /// Grows with every change of the registry, by whichever process: cheap to poll.
  int64_t ChangeCounter() const;

  /// Reads the whole file and checks it (PRAGMA integrity_check, foreign keys); throws kCorrupt.
  void Check() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keelrow::track
