#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace keelrow::data {

/// One example of a source: where it lies, what it is called, and the hash of its bytes. Plain
/// data; whoever holds one can read it through its source without listing again.
struct Example {
  std::string id;     // relative path with '/', unique in its source and stable
  std::string label;  // empty: missing
  std::map<std::string, std::string> columns = {};  // a manifest's others; empty value: missing
  std::string content_hash = {};                    // SHA-256, 64 hexadecimal digits
  uint64_t size = 0;                                // bytes
  uint64_t offset = 0;                              // inside an archive, else 0
  int copy = 0;  // of an oversampled example: which one, so that each is augmented anew

  /// The label for "label", else that column; empty when missing or unknown.
  const std::string& Value(const std::string& column) const;
  bool operator==(const Example&) const = default;
};

/// SHA-256 over ids, labels, columns and content, whatever the order of the examples.
std::string SetHash(std::span<const Example> examples);

/// How many examples each label has; the missing label is not counted.
std::map<std::string, int64_t> ClassCounts(std::span<const Example> examples);

/// Throws kNoData unless there are at least two classes with at least two examples each; names
/// the classes that are too small.
void RequireClasses(std::span<const Example> examples, const std::string& source);

}  // namespace keelrow::data
