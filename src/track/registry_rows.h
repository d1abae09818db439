#pragma once

#include <optional>

#include "track/state.h"

/// What changes of the registry share. Private to track/; inside a transaction.
namespace keelrow::track {

inline constexpr const char* kChampion = "champion";

/// Who did what to which model; `before` and `after` say what the change was.
struct Change {
  std::string actor;
  const char* action;
  std::string model;
  Json before;
  Json after;
  std::string reason = {};
};
void Append(Database& database, const Change& change);

/// JSON that we wrote ourselves; throws kCorrupt for anything else.
Json Stored(const std::string& text);
/// Throws kNotFound with near names.
ModelVersion RequireVersion(const Database& database, const std::string& model, int version);
std::optional<int> Holder(const Database& database, const std::string& model,
                          const std::string& alias);

/// Points the alias at the version; returns whom it pointed at before. Nothing happens, nor stands
/// in the audit, when it points there already.
std::optional<int> PointAlias(Database& database, const Promotion& promotion);
/// Points the alias back, and returns at whom. Throws kConflict.
int PointBack(Database& database, const std::string& model, const std::string& alias,
              const std::string& actor, const std::string& reason);

/// Ends the rollout of a model whose champion somebody else has moved: it compares with a version
/// that is not the champion any more.
void EndRolloutOf(Database& database, const std::string& model, const std::string& actor);

}  // namespace keelrow::track
