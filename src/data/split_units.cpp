#include "data/split_units.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include "base/hash.h"
#include "base/random.h"

namespace keelrow::data {
namespace {

/// The first 64 bits of a key that is a SHA-256 already, or of the key's own SHA-256.
uint64_t Number(const std::string& key, bool is_hash) {
  const std::string digits = (is_hash ? key : Sha256Hex(key)).substr(0, 16);
  return std::strtoull(digits.c_str(), nullptr, 16);
}

std::vector<std::string> StratumOf(const Example& example,
                                   const std::vector<std::string>& stratify) {
  std::vector<std::string> values;
  for (const std::string& column : stratify) values.push_back(example.Value(column));
  return values;
}

/// How far a position lies from a subset's part of the line.
double Distance(double position, Subset subset, const SplitConfig& config) {
  const double train_end = config.train;
  const double validation_end = config.train + config.validation;
  switch (subset) {
    case Subset::kTrain:
      return std::max(0.0, position - train_end);
    case Subset::kValidation:
      return std::max({0.0, train_end - position, position - validation_end});
    default:
      return std::max(0.0, validation_end - position);
  }
}

double ShareOf(Subset subset, const SplitConfig& config) {
  if (subset == Subset::kTrain) return config.train;
  return subset == Subset::kValidation ? config.validation : config.test;
}

using ByPart = std::array<std::vector<SplitUnit*>, 3>;

/// Gives `to` the nearest unit of the fullest part, if that has more than one.
bool Donate(ByPart& parts, Subset to, const SplitConfig& config) {
  auto& fullest =
      *std::ranges::max_element(parts, {}, [](const auto& part) { return part.size(); });
  if (fullest.size() < 2) return false;
  const auto chosen = std::ranges::min_element(fullest, {}, [&](const SplitUnit* unit) {
    return std::tuple(Distance(unit->position, to, config), unit->key);
  });
  (*chosen)->subset = to;
  parts[static_cast<size_t>(to)].push_back(*chosen);
  fullest.erase(chosen);
  return true;
}

}  // namespace

std::vector<SplitUnit> MakeUnits(std::span<const Example> examples, const std::string& group) {
  std::map<std::string, std::vector<size_t>> members;
  for (size_t i = 0; i < examples.size(); ++i) {
    const std::string& name = group.empty() ? std::string() : examples[i].Value(group);
    members[name.empty() ? examples[i].content_hash : "group " + name].push_back(i);
  }
  std::vector<SplitUnit> units;
  for (auto& [key, indices] : members) {
    std::ranges::sort(indices, {}, [&](size_t i) { return examples[i].id; });
    units.push_back({.key = key, .members = std::move(indices)});
  }
  return units;
}

void MergeAlike(std::span<const NearDuplicate> alike, std::vector<SplitUnit>& units) {
  std::unordered_map<size_t, size_t> unit_of;
  for (size_t u = 0; u < units.size(); ++u) {
    for (const size_t member : units[u].members) unit_of[member] = u;
  }
  // Each unit's root is the least that it is linked to; units are sorted by key.
  std::vector<size_t> parent(units.size());
  std::iota(parent.begin(), parent.end(), size_t{0});
  const auto root = [&](size_t u) {
    while (parent[u] != u) u = parent[u] = parent[parent[u]];
    return u;
  };
  for (const NearDuplicate& pair : alike) {
    const auto [low, high] =
        std::minmax({root(unit_of.at(pair.first)), root(unit_of.at(pair.second))});
    parent[high] = low;
  }
  for (size_t u = 0; u < units.size(); ++u) {
    if (root(u) == u) continue;
    std::vector<size_t>& members = units[root(u)].members;
    members.insert(members.end(), units[u].members.begin(), units[u].members.end());
    units[u].members.clear();
  }
  std::erase_if(units, [](const SplitUnit& unit) { return unit.members.empty(); });
}

void PlaceByHash(std::vector<SplitUnit>& units, uint64_t seed, std::string_view purpose) {
  for (SplitUnit& unit : units) {
    const uint64_t number = Number(unit.key, !unit.key.starts_with("group "));
    unit.position = Random(seed, purpose, {number}).Uniform();
  }
}

void PlaceByRank(std::span<const Example> examples, const std::vector<std::string>& stratify,
                 std::vector<SplitUnit>& units) {
  std::map<std::vector<std::string>, std::vector<SplitUnit*>> strata;
  for (SplitUnit& unit : units) {
    strata[StratumOf(examples[unit.members.front()], stratify)].push_back(&unit);
  }
  for (auto& [values, members] : strata) {
    std::ranges::sort(members, {},
                      [](const SplitUnit* u) { return std::tie(u->position, u->key); });
    double total = 0;
    for (const SplitUnit* unit : members) total += static_cast<double>(unit->members.size());
    double before = 0;
    for (SplitUnit* unit : members) {
      const auto own = static_cast<double>(unit->members.size());
      unit->position = (before + own / 2) / total;
      before += own;
    }
  }
}

Subset SubsetAt(double position, const SplitConfig& config) {
  if (position < config.train) return Subset::kTrain;
  // Without a test share the rounding of train + validation must not make one.
  if (config.test <= 0) return Subset::kValidation;
  return position < config.train + config.validation ? Subset::kValidation : Subset::kTest;
}

int64_t EnsureClasses(std::span<const Example> examples, const SplitConfig& config,
                      std::vector<SplitUnit>& units) {
  std::map<std::string, ByPart> classes;
  for (SplitUnit& unit : units) {
    const std::string& label = examples[unit.members.front()].label;
    if (!label.empty()) classes[label][static_cast<size_t>(unit.subset)].push_back(&unit);
  }
  int64_t moved = 0;
  for (auto& [label, parts] : classes) {
    for (const Subset subset : {Subset::kTrain, Subset::kTest, Subset::kValidation}) {
      const bool wanted = ShareOf(subset, config) > 0;
      if (!wanted || !parts[static_cast<size_t>(subset)].empty()) continue;
      if (Donate(parts, subset, config)) ++moved;
    }
  }
  return moved;
}

}  // namespace keelrow::data
