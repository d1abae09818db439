#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/expected.h"
#include "base/stat_cache.h"
#include "data/example.h"

namespace keelrow::data {

/// How to give examples their content hash. Both are called from many threads; `read` is not
/// called where the stat cache knows the answer.
struct HashJob {
  std::function<FileStamp(const Example&)> stamp;
  std::function<std::string(const Example&)> read;
  std::filesystem::path stat_cache = {};  // empty: none
};

/// Fills in content_hash. Throws what `stamp` and `read` throw. Gives back the stamps.
std::vector<FileStamp> HashExamples(const HashJob& job, std::vector<Example>& examples);

/// The same, and the size, for examples that are files at `folder`/id.
void HashFiles(const std::filesystem::path& folder, const std::filesystem::path& stat_cache,
               std::vector<Example>& examples);

/// The bytes of a file example, with the failure as a value.
Expected<std::string> ReadExampleFile(const std::filesystem::path& path);

}  // namespace keelrow::data
