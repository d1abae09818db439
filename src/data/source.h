#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "data/example.h"

namespace keelrow::data {

/// Where a project's examples lie. The kinds are rows of the table in sources.cpp; which one it
/// is, is told by what is found at the path. Nothing is ever written there.
class Source {
 public:
  virtual ~Source() = default;

  /// Every example with its content hash, sorted by id. Reads (or, by the stat cache, knows) all
  /// bytes, on all cores. Throws kNotFound, kNoData when empty, kBadExample, kCorrupt, kIo.
  virtual std::vector<Example> List() const = 0;

  /// The example's bytes, checked against its hash: kConflict when the source has changed since it
  /// was listed; kNotFound, kIo. Thread-safe.
  Expected<std::string> Read(const Example& example) const;

  /// By what a person finds the example: a file's path, or an archive's with the name inside.
  virtual std::string Locate(const Example& example) const = 0;

 protected:
  /// The bytes that lie where the example is said to lie.
  virtual Expected<std::string> ReadBytes(const Example& example) const = 0;
};

struct SourceOptions {
  std::filesystem::path path;
  std::string path_column = "path";       // of a manifest
  std::string label_column = "label";     // of a manifest
  std::filesystem::path stat_cache = {};  // a file of ours; empty: none
};

struct SourceKind {
  std::string_view name;
  std::string_view help;  // how it must look
  bool (*matches)(const std::filesystem::path& path);
  std::unique_ptr<Source> (*open)(const SourceOptions& options);
};
const std::vector<SourceKind>& SourceKinds();

/// Throws kNotFound, or kUnsupported listing the kinds.
std::unique_ptr<Source> OpenSource(const SourceOptions& options);

}  // namespace keelrow::data
