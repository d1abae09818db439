#include "data/json_lines.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "base/descriptor.h"
#include "base/files.h"
#include "base/text.h"
#include "data/duckdb_api.h"

namespace keelrow::data {
namespace {

constexpr const char* kMemory = "512MB";  // of the database
constexpr uint64_t kObjectMin = 1 << 20;
// DuckDB gathers a group of rows before it writes them: as many as make about so many bytes.
constexpr uint64_t kGroupBytes = 32 << 20;
constexpr uint64_t kGroupRowsMin = 2048;
constexpr uint64_t kGroupRowsMax = 122'880;

struct LineFacts {
  uint64_t bytes = 0;
  uint64_t lines = 0;    // that are not empty
  uint64_t longest = 0;  // bytes
};

/// Reads the file once: what is in it decides how much memory DuckDB is asked to take.
LineFacts FactsOf(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) throw ErrnoError("open", path.string());
  LineFacts facts;
  std::vector<char> piece(64 << 10);
  uint64_t line = 0;
  const auto end_line = [&] {
    facts.lines += line > 0 ? 1 : 0;
    facts.longest = std::max(facts.longest, line);
    line = 0;
  };
  ssize_t count = 0;
  while ((count = ::read(file.get(), piece.data(), piece.size())) > 0) {
    facts.bytes += static_cast<uint64_t>(count);
    for (ssize_t i = 0; i < count; ++i) piece[i] == '\n' ? end_line() : void(++line);
  }
  if (count < 0) throw ErrnoError("read", path.string());
  end_line();
  return facts;
}

std::string CopyStatement(const fs::path& from, const fs::path& to,
                          std::span<const JsonColumn> columns, const LineFacts& facts) {
  std::vector<std::string> types;
  for (const JsonColumn& column : columns) {
    types.push_back(fmt::format("{}: {}", Quoted(column.name), Quoted(column.type)));
  }
  const uint64_t rows = kGroupBytes / std::max<uint64_t>(facts.bytes / facts.lines, 1);
  return fmt::format(
      "COPY (SELECT * FROM read_json({}, format='newline_delimited', compression='uncompressed', "
      "maximum_object_size={}, columns={{{}}})) TO {} (FORMAT PARQUET, COMPRESSION ZSTD, "
      "ROW_GROUP_SIZE {})",
      Quoted(Literally(from.string())), std::max(facts.longest + 1, kObjectMin),
      JoinText(types, ", "), Quoted(to.string()), std::clamp(rows, kGroupRowsMin, kGroupRowsMax));
}

uint64_t RowsOf(const Database& database, const fs::path& parquet) {
  const TextTable table = Statement(database, "SELECT count(*)::VARCHAR FROM read_parquet($1)")
                              .Execute({Literally(parquet.string())});
  return std::stoull(table.rows.at(0).at(0).value());
}

/// False when `wanted` said no.
bool Convert(const fs::path& from, const fs::path& draft, std::span<const JsonColumn> columns,
             const LineFacts& facts, const std::function<bool()>& wanted) {
  const Database database;
  Statement(database, "SET threads = 1").Run();
  Statement(database, fmt::format("SET memory_limit = '{}'", kMemory)).Run();
  Statement(database, "SET temp_directory = ''").Run();  // else it is made where we happen to be
  if (!Statement(database, CopyStatement(from, draft, columns, facts)).RunWhile(wanted)) {
    return false;
  }
  const uint64_t rows = RowsOf(database, draft);
  if (rows == facts.lines) return true;
  throw Error(Code::kCorrupt,
              fmt::format("{} lines of {} became {} rows", facts.lines, from.string(), rows));
}

/// Removed at the end, unless it has another name by then.
class Draft {
 public:
  explicit Draft(fs::path path) : path_(std::move(path)) { Remove(); }
  ~Draft() { Remove(); }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  const fs::path& path() const { return path_; }

 private:
  void Remove() const {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  fs::path path_;
};

}  // namespace

fs::path ParquetDraft(const fs::path& to) {
  return to.parent_path() / ("." + to.filename().string() + ".draft");
}

std::optional<uint64_t> ParquetFromJsonLines(const fs::path& from, const fs::path& to,
                                             std::span<const JsonColumn> columns,
                                             const std::function<bool()>& wanted) {
  const LineFacts facts = FactsOf(from);
  if (facts.lines == 0) {
    throw Error(Code::kBadValue, fmt::format("{} has no lines", from.string()));
  }
  const Draft draft(ParquetDraft(to));
  if (!Convert(from, draft.path(), columns, facts, wanted)) return std::nullopt;
  fs::permissions(draft.path(), fs::perms::owner_read | fs::perms::owner_write);
  PublishFile(draft.path(), to);
  return facts.lines;
}

}  // namespace keelrow::data
