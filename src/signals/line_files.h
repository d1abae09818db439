#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace keelrow::signals {

struct LineFilesOptions {
  std::filesystem::path folder;              // made for its owner alone where it is missing
  std::string prefix = "predictions";        // PREFIX-TIME-WRITER-NUMBER.jsonl
  uint64_t file_bytes = uint64_t{64} << 20;  // then the next file begins
  size_t files = 8;                          // of all, those that became Parquet too; the oldest go
  std::function<void()> on_closed = {};      // told when another file begins
};

inline constexpr const char* kLinesEnding = ".jsonl";
inline constexpr const char* kParquetEnding = ".parquet";

/// Cuts off what stands behind the last end of a line, of a file that nobody writes.
void CutOffHalfLine(const std::filesystem::path& path);

/// Lines in a folder of files of bounded size and number. Every file ends with a whole line: what a
/// full disk takes half of is taken back at once, and what a killed process left half is cut off by
/// the next one that begins. Several may write into one folder, from whatever process or container:
/// each has files of its own, locked while it writes, and takes away only what nobody writes. One
/// thread.
class LineFiles {
 public:
  explicit LineFiles(LineFilesOptions options);
  ~LineFiles();
  LineFiles(const LineFiles&) = delete;

  /// One line, without its end. Throws kDiskFull, kIo, kPermission; the line is then not there.
  void Append(std::string_view line);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keelrow::signals
