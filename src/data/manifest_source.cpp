#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/files.h"
#include "base/text.h"
#include "data/duckdb.h"
#include "data/hashing.h"
#include "data/source_kinds.h"

namespace keelrow::data {
namespace {

constexpr size_t kNamedInMessage = 5;

/// A table with one row for each example: a path relative to the table's folder, a label, and
/// columns of any other name (scenario, group, date), kept as text. An empty cell is missing.
class ManifestSource : public Source {
 public:
  explicit ManifestSource(const SourceOptions& options)
      : options_(options), folder_(options.path.parent_path()) {}

  std::vector<Example> List() const override {
    const TextTable table = ReadTable(options_.path);
    std::vector<Example> examples = ToExamples(table);
    CheckFiles(examples);
    std::ranges::sort(examples, {}, &Example::id);
    HashFiles(folder_, options_.stat_cache, examples);
    return examples;
  }

  std::string Locate(const Example& example) const override {
    return (folder_ / example.id).string();
  }

 protected:
  Expected<std::string> ReadBytes(const Example& example) const override {
    return ReadExampleFile(folder_ / example.id);
  }

 private:
  std::vector<Example> ToExamples(const TextTable& table) const {
    const std::string file = options_.path.string();
    const size_t path = table.Column(options_.path_column, file);
    const size_t label = table.Column(options_.label_column, file);
    if (table.rows.empty()) throw Error(Code::kNoData, fmt::format("{} has no rows", file));
    std::vector<Example> examples;
    std::unordered_map<std::string, size_t> row_of;
    for (size_t row = 0; row < table.rows.size(); ++row) {
      const auto& cells = table.rows[row];
      const std::string id = fs::path(cells[path].value_or("")).lexically_normal().generic_string();
      if (id.empty()) throw RowError(row, "names no file");
      if (id.starts_with('/') || id.starts_with("..")) {
        throw RowError(row, fmt::format("names {}, outside the manifest's own folder", id));
      }
      if (const auto [first, fresh] = row_of.emplace(id, row); !fresh) {
        throw RowError(row, fmt::format("names {} again, like row {}", id, first->second + 1));
      }
      Example example{.id = id, .label = cells[label].value_or("")};
      for (size_t i = 0; i < cells.size(); ++i) {
        if (i != path && i != label) example.columns[table.columns[i]] = cells[i].value_or("");
      }
      examples.push_back(std::move(example));
    }
    return examples;
  }

  /// Rows count from 1 and leave out a CSV's header.
  Error RowError(size_t row, const std::string& what) const {
    return Error(Code::kBadExample,
                 fmt::format("row {} of {} {}", row + 1, options_.path.string(), what));
  }

  /// Called while the examples still are in the order of the rows.
  void CheckFiles(const std::vector<Example>& examples) const {
    std::vector<std::string> missing;
    size_t count = 0;
    for (size_t row = 0; row < examples.size(); ++row) {
      std::error_code ignored;
      if (fs::is_regular_file(folder_ / examples[row].id, ignored)) {
        RequireInside(folder_, folder_ / examples[row].id);
        continue;
      }
      if (++count > kNamedInMessage) continue;
      missing.push_back(fmt::format("row {}: {}", row + 1, examples[row].id));
    }
    if (count == 0) return;
    if (count > kNamedInMessage) missing.emplace_back("…");
    throw Error(
        Code::kBadExample,
        fmt::format("{} names {} file{} that {} not there ({})", options_.path.string(), count,
                    count == 1 ? "" : "s", count == 1 ? "is" : "are", JoinText(missing, ", ")),
        {.hint = "paths are relative to the manifest's own folder"});
  }

  SourceOptions options_;
  fs::path folder_;
};

}  // namespace

const SourceKind kManifestSource{
    .name = "manifest",
    .help = "a .csv, .tsv, .jsonl, .ndjson or .parquet table with columns path and label",
    .matches =
        [](const fs::path& path) {
          constexpr std::array<std::string_view, 5> kEndings = {".csv", ".tsv", ".jsonl", ".ndjson",
                                                                ".parquet"};
          return std::ranges::count(kEndings, path.extension().string()) > 0;
        },
    .open = [](const SourceOptions& options) -> std::unique_ptr<Source> {
      return std::make_unique<ManifestSource>(options);
    }};

}  // namespace keelrow::data
