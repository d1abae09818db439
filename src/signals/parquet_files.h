#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/json_lines.h"

namespace keelrow::signals {

struct ParquetFilesOptions {
  std::filesystem::path folder;        // that LineFiles writes into
  std::string prefix = "predictions";  // of its files
  std::vector<data::JsonColumn> columns;
};

/// Turns the files of lines that nobody writes any more into Parquet: FILE.jsonl becomes
/// FILE.parquet, and goes when that is whole on the disk, so that a kill at any time loses no line
/// and doubles none. What an earlier process left is converted too; of several processes on one
/// folder each file is one's. It has one thread, of low priority. What cannot be converted stays
/// JSON Lines, is logged and counted once, and is tried again at the next start.
class ParquetFiles {
 public:
  explicit ParquetFiles(ParquetFilesOptions options);
  /// Converts what is there, for a few seconds at most; the rest stays for the next start.
  ~ParquetFiles();
  ParquetFiles(const ParquetFiles&) = delete;

  /// A file has been closed. Thread-safe, does not wait.
  void Wake();
  size_t failures() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keelrow::signals
