#include "data/example.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

namespace keelrow::data {
namespace {

/// Length first, so that no two different lists of fields give the same bytes.
void Add(Sha256& hash, const std::string& field) {
  hash.Update(fmt::format("{}:", field.size())).Update(field);
}

}  // namespace

const std::string& Example::Value(const std::string& column) const {
  static const std::string missing;
  if (column == "label") return label;
  const auto found = columns.find(column);
  return found == columns.end() ? missing : found->second;
}

std::string SetHash(std::span<const Example> examples) {
  std::vector<const Example*> sorted;
  for (const Example& example : examples) sorted.push_back(&example);
  std::ranges::sort(sorted, {}, &Example::id);
  Sha256 hash;
  for (const Example* example : sorted) {
    Add(hash, example->id);
    Add(hash, example->label);
    Add(hash, example->content_hash);
    for (const auto& [column, value] : example->columns) {
      Add(hash, column);
      Add(hash, value);
    }
    hash.Update("\n");
  }
  return hash.HexDigest();
}

std::map<std::string, int64_t> ClassCounts(std::span<const Example> examples) {
  std::map<std::string, int64_t> counts;
  for (const Example& example : examples) {
    if (!example.label.empty()) ++counts[example.label];
  }
  return counts;
}

void RequireClasses(std::span<const Example> examples, const std::string& source) {
  const auto counts = ClassCounts(examples);
  if (counts.empty()) {
    throw Error(Code::kNoData, fmt::format("{} holds no labelled examples", source));
  }
  if (counts.size() == 1) {
    throw Error(Code::kNoData,
                fmt::format("{} holds a single class, `{}`", source, counts.begin()->first),
                {.hint = "to tell classes apart, a model needs examples of at least two"});
  }
  std::vector<std::string> small;
  for (const auto& [label, count] : counts) {
    if (count < 2) small.push_back("`" + label + "`");
  }
  if (!small.empty()) {
    throw Error(Code::kNoData,
                fmt::format("{} has one example only of {} {}", source,
                            small.size() == 1 ? "class" : "classes", JoinText(small, ", ")),
                {.hint = "a class must be both learnt and tested: add examples, or remove it"});
  }
}

}  // namespace keelrow::data
