#include "track/schema.h"

#include <fmt/format.h>

#include <array>

#include "base/error.h"

namespace keelrow::track {
namespace {

constexpr int64_t kApplicationId = 0x4b454c52;  // "KELR", so that file(1) and we know our own

// One entry a version, oldest first. A published entry is never changed: add another. What it
// makes is compared with tests/golden/store_schema.sql.
constexpr auto kMigrations = std::to_array<const char*>({
    R"sql(
CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  status TEXT NOT NULL,
  started INTEGER NOT NULL,
  ended INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX runs_by_time ON runs (started);
CREATE TABLE parameters (
  run TEXT NOT NULL REFERENCES runs (id), name TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (run, name)
) WITHOUT ROWID;
CREATE TABLE tags (
  run TEXT NOT NULL REFERENCES runs (id), name TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (run, name)
) WITHOUT ROWID;
CREATE TABLE metrics (
  run TEXT NOT NULL REFERENCES runs (id), name TEXT NOT NULL, step INTEGER NOT NULL,
  value REAL,
  time INTEGER NOT NULL,
  PRIMARY KEY (run, name, step)
) WITHOUT ROWID;
CREATE TABLE artifacts (
  run TEXT NOT NULL REFERENCES runs (id), name TEXT NOT NULL,
  path TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (run, name)
) WITHOUT ROWID;
CREATE TABLE steps (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run TEXT NOT NULL REFERENCES runs (id),
  project TEXT NOT NULL,
  name TEXT NOT NULL,
  key TEXT NOT NULL,
  status TEXT NOT NULL,
  seconds REAL NOT NULL
);
CREATE INDEX steps_by_run ON steps (run);
CREATE INDEX steps_by_name ON steps (project, name, status);

CREATE TABLE versions (
  model TEXT NOT NULL,
  version INTEGER NOT NULL,
  run TEXT NOT NULL,
  bundle_path TEXT NOT NULL,
  bundle_hash TEXT NOT NULL,
  metrics TEXT NOT NULL,
  gate TEXT NOT NULL,
  created INTEGER NOT NULL,
  PRIMARY KEY (model, version),
  UNIQUE (model, bundle_hash)
) WITHOUT ROWID;
-- A stack for each alias: promote pushes, rollback retires the top one. Nothing is deleted.
CREATE TABLE alias_holders (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  model TEXT NOT NULL,
  alias TEXT NOT NULL,
  version INTEGER NOT NULL,
  retired INTEGER NOT NULL DEFAULT 0,
  FOREIGN KEY (model, version) REFERENCES versions (model, version)
);
CREATE INDEX alias_holders_now ON alias_holders (model, alias, id) WHERE retired = 0;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  model TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  reason TEXT NOT NULL
);
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
)sql",
    R"sql(
CREATE TABLE rollouts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  model TEXT NOT NULL,
  stable INTEGER NOT NULL,
  candidate INTEGER NOT NULL,
  plan TEXT NOT NULL,
  state TEXT NOT NULL,
  step INTEGER NOT NULL,
  started INTEGER NOT NULL,
  step_began INTEGER NOT NULL,
  ended INTEGER NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL,
  reason TEXT NOT NULL,
  FOREIGN KEY (model, stable) REFERENCES versions (model, version),
  FOREIGN KEY (model, candidate) REFERENCES versions (model, version)
);
-- One at a time a model.
CREATE UNIQUE INDEX rollouts_now ON rollouts (model) WHERE ended = 0;
CREATE TABLE rollout_evidence (
  rollout INTEGER NOT NULL REFERENCES rollouts (id),
  step INTEGER NOT NULL,
  replica TEXT NOT NULL,
  time INTEGER NOT NULL,
  evidence TEXT NOT NULL,
  PRIMARY KEY (rollout, step, replica)
) WITHOUT ROWID;
)sql",
});
constexpr auto kVersion = static_cast<int64_t>(kMigrations.size());

int64_t Pragma(const Database& database, const char* name) {
  Statement statement = database.Query(fmt::format("PRAGMA {}", name));
  return statement.Step() ? statement.Integer(0) : 0;
}

bool IsEmpty(const Database& database) {
  Statement statement = database.Query("SELECT count(*) FROM sqlite_master");
  statement.Step();
  return statement.Integer(0) == 0;
}

void CheckOurs(const Database& database, const std::string& file) {
  const int64_t application = Pragma(database, "application_id");
  if (application != kApplicationId && !(application == 0 && IsEmpty(database))) {
    throw Error(Code::kCorrupt, fmt::format("{} is another program's database", file),
                {.hint = "name another file for the store"});
  }
  const int64_t version = Pragma(database, "user_version");
  if (version > kVersion) {
    throw Error(
        Code::kUnsupported,
        fmt::format("{} has format {}; this program reads up to {}", file, version, kVersion),
        {.hint = "a newer Keelrow wrote it; use that one"});
  }
}

bool IsCurrent(const Database& database) {
  return Pragma(database, "application_id") == kApplicationId &&
         Pragma(database, "user_version") == kVersion;
}

}  // namespace

void Migrate(Database& database, const std::string& file) {
  if (IsCurrent(database)) return;
  database.Write([&] {
    // Looked at under the write lock only: between two reads outside it, another process that
    // makes the same new store would show an empty file first and foreign tables then.
    CheckOurs(database, file);
    const auto version = static_cast<size_t>(Pragma(database, "user_version"));
    for (size_t i = version; i < kMigrations.size(); ++i) database.RunScript(kMigrations[i]);
    database.RunScript(
        fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", kApplicationId, kVersion));
  });
}

}  // namespace keelrow::track
