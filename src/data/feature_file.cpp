#include "data/feature_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/files.h"
#include "base/text.h"
#include "data/duckdb_api.h"

namespace keelrow::data {
namespace {

/// The columns of the table, as DuckDB's types.
class Columns {
 public:
  explicit Columns(size_t width) {
    types_[0] = types_[1] = Duck().create_logical_type(DUCKDB_TYPE_VARCHAR);
    element_ = Duck().create_logical_type(DUCKDB_TYPE_FLOAT);
    types_[2] = Duck().create_array_type(element_, width);
  }
  ~Columns() {
    Duck().destroy_logical_type(&types_[2]);
    Duck().destroy_logical_type(&element_);
    Duck().destroy_logical_type(&types_[0]);
  }
  Columns(const Columns&) = delete;
  Columns& operator=(const Columns&) = delete;

  duckdb_data_chunk MakeChunk() { return Duck().create_data_chunk(types_.data(), types_.size()); }

 private:
  std::array<duckdb_logical_type, 3> types_{};
  duckdb_logical_type element_ = nullptr;
};

/// Rows gathered for one call: as many as a vector of DuckDB holds.
class Appender {
 public:
  Appender(const Database& database, size_t width) : width_(width), columns_(width) {
    if (Duck().appender_create(database.connection(), nullptr, "features", &appender_) !=
        DuckDBSuccess) {
      const Error failure = Failure();
      Duck().appender_destroy(&appender_);
      throw failure;
    }
    chunk_ = columns_.MakeChunk();
  }
  ~Appender() {
    Duck().destroy_data_chunk(&chunk_);
    Duck().appender_destroy(&appender_);
  }
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  void Add(const std::string& id, const std::string& label, std::span<const float> features) {
    SetText(0, id);
    SetText(1, label);
    const duckdb_vector array = Duck().data_chunk_get_vector(chunk_, 2);
    auto* values =
        static_cast<float*>(Duck().vector_get_data(Duck().array_vector_get_child(array)));
    std::ranges::copy(features, values + rows_ * width_);
    if (++rows_ == Duck().vector_size()) Flush();
  }

  void Close() {
    if (rows_ > 0) Flush();
    if (Duck().appender_close(appender_) != DuckDBSuccess) throw Failure();
  }

 private:
  void SetText(idx_t column, const std::string& text) {
    Duck().vector_assign_string_element_len(Duck().data_chunk_get_vector(chunk_, column), rows_,
                                            text.data(), text.size());
  }

  void Flush() {
    Duck().data_chunk_set_size(chunk_, rows_);
    if (Duck().append_data_chunk(appender_, chunk_) != DuckDBSuccess) throw Failure();
    Duck().data_chunk_reset(chunk_);
    rows_ = 0;
  }

  Error Failure() const {
    const char* message = Duck().appender_error(appender_);
    return Error(Code::kIo, fmt::format("features cannot be kept: {}",
                                        message == nullptr ? "DuckDB gave no reason" : message));
  }

  size_t width_;
  Columns columns_;
  duckdb_appender appender_ = nullptr;
  duckdb_data_chunk chunk_ = nullptr;
  idx_t rows_ = 0;
};

}  // namespace

struct FeatureFile::State {
  State(std::filesystem::path file, size_t count)
      : path(std::filesystem::absolute(file)), width(count), folder(path.parent_path()) {}

  std::filesystem::path path;
  size_t width;
  TemporaryFolder folder;  // beside the file, so that a finished one only changes its name
  std::optional<Database> database;
  std::optional<Appender> appender;
};

FeatureFile::FeatureFile(std::filesystem::path path, size_t width)
    : state_(std::make_unique<State>(std::move(path), width)) {
  state_->database.emplace(state_->folder.path() / "rows.duckdb");
  Statement(*state_->database, "SET memory_limit = '1GB'").Run();
  Statement(
      *state_->database,
      fmt::format("CREATE TABLE features (id VARCHAR, label VARCHAR, features FLOAT[{}])", width))
      .Run();
  state_->appender.emplace(*state_->database, width);
}

FeatureFile::~FeatureFile() = default;

void FeatureFile::Add(const std::string& id, const std::string& label,
                      std::span<const float> features) {
  if (features.size() != state_->width) {
    throw Error(Code::kInternal, fmt::format("{} features of `{}` for a file of {}",
                                             features.size(), id, state_->width));
  }
  for (const std::string* text : {&id, &label}) {
    if (IsUtf8(*text)) continue;
    throw Error(Code::kBadExample,
                fmt::format("`{}` is not UTF-8, as texts in Parquet are", *text));
  }
  state_->appender->Add(id, label, features);
}

void FeatureFile::Finish() {
  state_->appender->Close();
  const std::filesystem::path draft = state_->folder.path() / "features.parquet";
  Statement(*state_->database,
            fmt::format("COPY features TO {} (FORMAT PARQUET)", Quoted(draft.string())))
      .Run();
  PublishFile(draft, state_->path);
}

}  // namespace keelrow::data
