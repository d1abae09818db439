-- application_id 1262832722
-- user_version 2
CREATE TABLE alias_holders (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  model TEXT NOT NULL,
  alias TEXT NOT NULL,
  version INTEGER NOT NULL,
  retired INTEGER NOT NULL DEFAULT 0,
  FOREIGN KEY (model, version) REFERENCES versions (model, version)
);
CREATE INDEX alias_holders_now ON alias_holders (model, alias, id) WHERE retired = 0;
CREATE TABLE artifacts (
  run TEXT NOT NULL REFERENCES runs (id), name TEXT NOT NULL,
  path TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (run, name)
) WITHOUT ROWID;
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
CREATE TABLE metrics (
  run TEXT NOT NULL REFERENCES runs (id), name TEXT NOT NULL, step INTEGER NOT NULL,
  value REAL,
  time INTEGER NOT NULL,
  PRIMARY KEY (run, name, step)
) WITHOUT ROWID;
CREATE TABLE parameters (
  run TEXT NOT NULL REFERENCES runs (id), name TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (run, name)
) WITHOUT ROWID;
CREATE TABLE rollout_evidence (
  rollout INTEGER NOT NULL REFERENCES rollouts (id),
  step INTEGER NOT NULL,
  replica TEXT NOT NULL,
  time INTEGER NOT NULL,
  evidence TEXT NOT NULL,
  PRIMARY KEY (rollout, step, replica)
) WITHOUT ROWID;
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
CREATE UNIQUE INDEX rollouts_now ON rollouts (model) WHERE ended = 0;
CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  status TEXT NOT NULL,
  started INTEGER NOT NULL,
  ended INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX runs_by_time ON runs (started);
CREATE TABLE steps (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run TEXT NOT NULL REFERENCES runs (id),
  project TEXT NOT NULL,
  name TEXT NOT NULL,
  key TEXT NOT NULL,
  status TEXT NOT NULL,
  seconds REAL NOT NULL
);
CREATE INDEX steps_by_name ON steps (project, name, status);
CREATE INDEX steps_by_run ON steps (run);
CREATE TABLE tags (
  run TEXT NOT NULL REFERENCES runs (id), name TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (run, name)
) WITHOUT ROWID;
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
