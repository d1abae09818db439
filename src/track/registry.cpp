#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "track/registry_rows.h"

namespace keelrow::track {
namespace {

constexpr std::string_view kVersionColumns =
    "SELECT model, version, run, bundle_path, bundle_hash, metrics, gate, created FROM versions ";

/// A model's or an alias's name also stands in URLs, paths and "name@alias".
void CheckName(std::string_view what, const std::string& name) {
  const bool bad = name.empty() || name.size() > 128 || name.front() == '.' ||
                   std::ranges::any_of(name, [](char c) {
                     return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' ||
                            c == '\\' || c == '@';
                   });
  if (!bad) return;
  throw Error(Code::kBadValue, fmt::format("`{}` cannot be the name of {}", name, what),
              {.hint = "1 to 128 characters, not beginning with `.`, without / \\ @"});
}

std::vector<std::string> ModelNames(const Database& database) {
  std::vector<std::string> names;
  Statement rows = database.Query("SELECT DISTINCT model FROM versions ORDER BY model");
  while (rows.Step()) names.push_back(rows.Text(0));
  return names;
}

std::vector<std::string> AliasesOf(const Database& database, const ModelVersion& version) {
  std::vector<std::string> aliases;
  Statement rows = database.Query(
      "SELECT alias FROM alias_holders WHERE id IN (SELECT max(id) FROM alias_holders "
      "WHERE model = ?1 AND retired = 0 GROUP BY alias) AND version = ?2 ORDER BY alias",
      version.model, version.version);
  while (rows.Step()) aliases.push_back(rows.Text(0));
  return aliases;
}

ModelVersion ReadVersion(const Database& database, const Statement& row) {
  ModelVersion version{.model = row.Text(0),
                       .version = static_cast<int>(row.Integer(1)),
                       .run = row.Text(2),
                       .bundle_path = row.Text(3),
                       .bundle_hash = row.Text(4),
                       .metrics = Stored(row.Text(5)),
                       .gate = Stored(row.Text(6)),
                       .created = row.Integer(7),
                       .aliases = {}};
  version.aliases = AliasesOf(database, version);
  return version;
}

std::optional<ModelVersion> FindVersion(const Database& database, const std::string& model,
                                        int version) {
  Statement row = database.Query(std::string(kVersionColumns) + "WHERE model = ? AND version = ?",
                                 model, version);
  if (!row.Step()) return std::nullopt;
  return ReadVersion(database, row);
}

Json Holding(const std::string& alias, std::optional<int> version) {
  return {{"alias", alias}, {"version", version ? Json(*version) : Json()}};
}

int NextVersion(const Database& database, const std::string& model) {
  Statement row =
      database.Query("SELECT coalesce(max(version), 0) + 1 FROM versions WHERE model = ?", model);
  row.Step();
  return static_cast<int>(row.Integer(0));
}

/// A bundle that is registered already keeps its version; a new verdict on it is kept.
ModelVersion Rejudge(Database& database, ModelVersion known, const NewVersion& again,
                     const std::string& actor) {
  if (known.gate == again.gate) return known;
  database.Execute("UPDATE versions SET gate = ? WHERE model = ? AND version = ?",
                   again.gate.dump(), known.model, known.version);
  Append(database, {.actor = actor,
                    .action = "judge",
                    .model = known.model,
                    .before = {{"version", known.version}, {"gate", known.gate}},
                    .after = {{"version", known.version}, {"gate", again.gate}}});
  known.gate = again.gate;
  return known;
}

}  // namespace

void Append(Database& database, const Change& change) {
  database.Execute(
      "INSERT INTO audit (time, actor, action, model, before, after, reason) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)",
      Now(), change.actor, change.action, change.model, change.before.dump(), change.after.dump(),
      change.reason);
}

Json Stored(const std::string& text) {
  auto json = ParseJson(text, "the store");
  if (json) return std::move(*json);
  throw Error(Code::kCorrupt, "the store holds a JSON value that cannot be read",
              {.hint = "restore it from a copy"});
}

std::optional<int> Holder(const Database& database, const std::string& model,
                          const std::string& alias) {
  Statement row = database.Query(
      "SELECT version FROM alias_holders WHERE model = ? AND alias = ? AND retired = 0 "
      "ORDER BY id DESC LIMIT 1",
      model, alias);
  if (!row.Step()) return std::nullopt;
  return static_cast<int>(row.Integer(0));
}

ModelVersion RequireVersion(const Database& database, const std::string& model, int version) {
  if (auto found = FindVersion(database, model, version)) return std::move(*found);
  const std::vector<std::string> names = ModelNames(database);
  if (std::ranges::find(names, model) == names.end()) {
    std::string hint = DidYouMean(model, names);
    if (hint.empty()) hint = "`keelrow models ls` lists what is registered";
    throw Error(Code::kNotFound, fmt::format("there is no model `{}`", model), {.hint = hint});
  }
  Statement last = database.Query("SELECT max(version) FROM versions WHERE model = ?", model);
  last.Step();
  throw Error(Code::kNotFound, fmt::format("model `{}` has no version {}", model, version),
              {.hint = fmt::format("its versions go from 1 to {}", last.Integer(0))});
}

std::optional<int> PointAlias(Database& database, const Promotion& promotion) {
  const ModelVersion target = RequireVersion(database, promotion.model, promotion.version);
  const std::optional<int> before = Holder(database, promotion.model, promotion.alias);
  if (before == promotion.version) return before;  // else a rollback would change nothing
  database.Execute("INSERT INTO alias_holders (model, alias, version) VALUES (?, ?, ?)",
                   promotion.model, promotion.alias, promotion.version);
  Json after = Holding(promotion.alias, promotion.version);
  after["gate"] = target.gate;
  Append(database, {.actor = promotion.actor,
                    .action = "promote",
                    .model = promotion.model,
                    .before = Holding(promotion.alias, before),
                    .after = std::move(after),
                    .reason = promotion.reason});
  return before;
}

int PointBack(Database& database, const std::string& model, const std::string& alias,
              const std::string& actor, const std::string& reason) {
  const std::optional<int> before = Holder(database, model, alias);
  if (!before) RequireVersion(database, model, 1);  // names a mistyped model
  database.Execute(
      "UPDATE alias_holders SET retired = 1 WHERE id = (SELECT max(id) FROM alias_holders "
      "WHERE model = ? AND alias = ? AND retired = 0)",
      model, alias);
  const std::optional<int> after = Holder(database, model, alias);
  if (!after) {
    throw Error(Code::kConflict,
                fmt::format("@{} of model `{}` has no earlier version to go back to", alias, model),
                {.hint = fmt::format("`keelrow models show {}` lists its history", model)});
  }
  Append(database, {.actor = actor,
                    .action = "rollback",
                    .model = model,
                    .before = Holding(alias, before),
                    .after = Holding(alias, after),
                    .reason = reason});
  return *after;
}

ModelVersion Store::Register(const NewVersion& version, const std::string& actor) {
  CheckName("a model", version.model);
  const std::lock_guard lock(state_->mutex);
  Database& database = state_->database;
  return database.Write([&] {
    Statement same =
        database.Query(std::string(kVersionColumns) + "WHERE model = ? AND bundle_hash = ?",
                       version.model, version.bundle_hash);
    if (same.Step()) return Rejudge(database, ReadVersion(database, same), version, actor);
    const int number = NextVersion(database, version.model);
    database.Execute("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", version.model, number,
                     version.run, version.bundle_path, version.bundle_hash, version.metrics.dump(),
                     version.gate.dump(), Now());
    Append(database, {.actor = actor,
                      .action = "register",
                      .model = version.model,
                      .before = nullptr,
                      .after = {{"version", number}, {"bundle_hash", version.bundle_hash}}});
    return RequireVersion(database, version.model, number);
  });
}

std::vector<std::string> Store::Models() const {
  const std::lock_guard lock(state_->mutex);
  return ModelNames(state_->database);
}

std::vector<ModelVersion> Store::Versions(const std::string& model) const {
  const std::lock_guard lock(state_->mutex);
  const Database& database = state_->database;
  Statement rows =
      database.Query(std::string(kVersionColumns) + "WHERE model = ? ORDER BY version", model);
  std::vector<ModelVersion> versions;
  while (rows.Step()) versions.push_back(ReadVersion(database, rows));
  if (versions.empty()) RequireVersion(database, model, 1);
  return versions;
}

ModelVersion Store::GetVersion(const std::string& model, int version) const {
  const std::lock_guard lock(state_->mutex);
  return RequireVersion(state_->database, model, version);
}

std::optional<ModelVersion> Store::FindAlias(const std::string& model,
                                             const std::string& alias) const {
  const std::lock_guard lock(state_->mutex);
  Statement row = state_->database.Query(
      std::string(kVersionColumns) +
          "WHERE model = ?1 AND version = (SELECT version FROM alias_holders "
          "WHERE model = ?1 AND alias = ?2 AND retired = 0 ORDER BY id DESC LIMIT 1)",
      model, alias);
  if (!row.Step()) return std::nullopt;
  return ReadVersion(state_->database, row);
}

std::optional<int> Store::Promote(const Promotion& promotion) {
  CheckName("an alias", promotion.alias);
  const std::lock_guard lock(state_->mutex);
  Database& database = state_->database;
  return database.Write([&] {
    const std::optional<int> before = PointAlias(database, promotion);
    if (promotion.alias == kChampion && before != promotion.version) {
      EndRolloutOf(database, promotion.model, promotion.actor);
    }
    return before;
  });
}

int Store::Rollback(const std::string& model, const std::string& alias, const std::string& actor) {
  const std::lock_guard lock(state_->mutex);
  Database& database = state_->database;
  return database.Write([&] {
    const int version = PointBack(database, model, alias, actor, "");
    if (alias == kChampion) EndRolloutOf(database, model, actor);
    return version;
  });
}

std::vector<AuditRow> Store::Audit(const std::string& model) const {
  const std::lock_guard lock(state_->mutex);
  Statement rows = state_->database.Query(
      "SELECT id, time, actor, action, model, before, after, reason FROM audit "
      "WHERE ?1 = '' OR model = ?1 ORDER BY id",
      model);
  std::vector<AuditRow> audit;
  while (rows.Step()) {
    audit.push_back({.id = rows.Integer(0),
                     .time = rows.Integer(1),
                     .actor = rows.Text(2),
                     .action = rows.Text(3),
                     .model = rows.Text(4),
                     .before = Stored(rows.Text(5)),
                     .after = Stored(rows.Text(6)),
                     .reason = rows.Text(7)});
  }
  return audit;
}

void Store::Record(const Event& event) {
  const std::lock_guard lock(state_->mutex);
  state_->database.Write([&] {
    Append(state_->database, {.actor = event.actor,
                              .action = event.action.c_str(),
                              .model = "",
                              .before = nullptr,
                              .after = event.after,
                              .reason = event.reason});
  });
}

int64_t Store::ChangeCounter() const {
  // Every change of the registry appends to the audit, and ids there are never used twice.
  const std::lock_guard lock(state_->mutex);
  Statement row = state_->database.Query("SELECT coalesce(max(id), 0) FROM audit");
  row.Step();
  return row.Integer(0);
}

}  // namespace keelrow::track
