#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace keelrow::data {

/// A Parquet file with one row an example: "id" and "label" as text, "features" as a list of
/// `width` 32-bit floats. Rows wait in a database beside the file, so that memory stays bounded
/// whatever their number. For one thread.
class FeatureFile {
 public:
  /// Throws kEnvironment without DuckDB, kIo when the folder cannot be written.
  FeatureFile(std::filesystem::path path, size_t width);
  /// Without Finish nothing is left behind.
  ~FeatureFile();
  FeatureFile(const FeatureFile&) = delete;
  FeatureFile& operator=(const FeatureFile&) = delete;

  /// kInternal for another number of features.
  void Add(const std::string& id, const std::string& label, std::span<const float> features);
  /// Writes the file; an older one is replaced as a whole.
  void Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keelrow::data
