#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "bundle/manifest.h"

namespace keelrow::engine {

/// A network as the engine has compiled it, with what is known of it without reading the network
/// itself: that takes a third of a start.
struct StoredNetwork {
  std::vector<bundle::TensorSpec> inputs;
  std::vector<bundle::TensorSpec> outputs;
  std::shared_ptr<const MappedFile> file;
  std::string_view blob;  // in `file`
};

/// Compiled networks in a folder, a file for each number of rows. It saves time and nothing else:
/// what is missing, damaged or of no use counts as absent, and a folder without room keeps nothing.
class CompiledStore {
 public:
  /// `key` says everything that a compiled network depends on. An empty folder: no store.
  CompiledStore(std::filesystem::path folder, std::string_view key);

  explicit operator bool() const { return !folder_.empty(); }
  std::optional<StoredNetwork> Find(int64_t rows) const;
  void Keep(int64_t rows, const std::vector<bundle::TensorSpec>& inputs,
            const std::vector<bundle::TensorSpec>& outputs, std::string_view blob) const;

 private:
  std::filesystem::path FileOf(int64_t rows) const;

  std::filesystem::path folder_;
  std::string name_;
};

}  // namespace keelrow::engine
