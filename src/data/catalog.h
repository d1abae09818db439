#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "data/example.h"
#include "data/near_duplicates.h"
#include "data/split.h"

namespace keelrow::data {

/// A list of examples as a file (JSON Lines), so that each step and the trainer know what to read
/// without listing the source again. With subsets once they are assigned.
struct Catalog {
  std::vector<Example> examples;
  std::vector<Subset> subsets = {};  // empty, or one for each example
  std::vector<int> repeats = {};     // empty, or how often each is learned from in an epoch

  std::vector<Example> In(Subset subset) const;
  /// The training subset, each example as often as it is learned from.
  std::vector<Example> ForTraining() const;
  std::vector<std::string> Labels() const;  // distinct, sorted: the order of the model's outputs
};

/// The same catalog gives the same bytes. Throws kDiskFull, kPermission, kIo.
void WriteCatalog(const std::filesystem::path& path, const Catalog& catalog);
/// Throws kNotFound, kSyntax, kCorrupt naming the line.
Catalog ReadCatalog(const std::filesystem::path& path);

/// Pairs of a catalog's examples that look alike, by their ids. Throws as WriteCatalog.
void WriteNearDuplicates(const std::filesystem::path& path, std::span<const Example> examples,
                         const std::vector<NearDuplicate>& pairs);
/// Throws as ReadCatalog; kCorrupt too when an id is none of the examples'.
std::vector<NearDuplicate> ReadNearDuplicates(const std::filesystem::path& path,
                                              std::span<const Example> examples);

}  // namespace keelrow::data
