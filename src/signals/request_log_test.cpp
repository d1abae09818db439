#include "signals/request_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "data/duckdb.h"

// What of it a whole service has to show is in serve/request_log_test.cpp.
namespace keelrow::signals {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

class ParquetLogTest : public testing::Test {
 protected:
  static constexpr const char* kBody =
      R"(STRUCT(bytes UBIGINT, "json" JSON, "text" VARCHAR, base64 VARCHAR))";

  std::unique_ptr<RequestLog> Open(const std::string& format) const {
    const project::RequestLogConfig config{
        .folder = "log", .format = {format}, .sample = 1, .rate = 1e6, .inputs = true};
    return std::make_unique<RequestLog>(config, LineFilesOptions{.folder = log()});
  }

  static void Note(RequestLog& log, const std::string& input, const std::string& output) {
    const std::string model = "m";
    const std::string version = "1";
    http::Request request;
    request.id = "r" + std::to_string(log.written());
    request.body = input;
    request.arrived = http::Request::Clock::now() - 3ms;
    http::Response response{.status = 200, .headers = {}, .body = output};
    const size_t written = log.written();
    log.Note(request, {.model = model, .version = version}, response);
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (log.written() == written) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      std::this_thread::sleep_for(1ms);
    }
  }

  /// Bodies of each kind.
  static void NoteAll(RequestLog& log) {
    Note(log, R"({"instances": [[1, 2.5, null]], "id": 18446744073709551615})", R"([{"a": "é"}])");
    Note(log, "plain text", std::string("\xff\xfe\0\x01", 4));
    Note(log, "", R"("a \u0000 in text")");
    Note(log, std::string(100'000, 'x'), "{}");  // larger than what is kept
  }

  std::vector<fs::path> Files() const { return {fs::directory_iterator(log()), {}}; }

  /// The file's rows as the lines that they were.
  static std::vector<Json> LinesOf(const fs::path& parquet) {
    const auto table = data::RunSql(
        "SELECT to_json(t)::VARCHAR FROM (SELECT * REPLACE (strftime(time::TIMESTAMP, "
        "'%Y-%m-%dT%H:%M:%S.%gZ') AS time) FROM read_parquet($1)) t",
        {parquet.string()});
    std::vector<Json> lines;
    for (const auto& row : table.rows) {
      Json line = Json::parse(row.at(0).value());
      for (Json* object : {&line, &line["input"], &line["output"]}) {
        std::erase_if(object->get_ref<Json::object_t&>(),
                      [](const auto& entry) { return entry.second.is_null(); });
      }
      lines.push_back(std::move(line));
    }
    return lines;
  }

  fs::path log() const { return folder_.path() / "log"; }

  TemporaryFolder folder_;
};

TEST_F(ParquetLogTest, HasTheSameRowsColumnsAndTypes) {
  std::vector<Json> written;
  {
    const auto log = Open("parquet");
    NoteAll(*log);
    ASSERT_EQ(Files().size(), 1U);
    for (const std::string& line : SplitText(ReadFile(Files()[0]), '\n')) {
      if (!line.empty()) written.push_back(Json::parse(line));
    }
    EXPECT_EQ(log->unconverted(), 0U);
  }
  ASSERT_EQ(written.size(), 4U);
  ASSERT_EQ(Files().size(), 1U) << "one file, in one form";
  const fs::path parquet = Files()[0];
  ASSERT_EQ(parquet.extension(), ".parquet");
  EXPECT_EQ(LinesOf(parquet), written);
  const auto types = data::RunSql(
      "SELECT string_agg(column_name || ' ' || column_type, ', ') FROM "
      "(DESCRIBE SELECT * FROM read_parquet($1))",
      {parquet.string()});
  EXPECT_EQ(types.rows.at(0).at(0).value(),
            "id VARCHAR, time TIMESTAMP WITH TIME ZONE, model VARCHAR, version VARCHAR, "
            "protocol VARCHAR, request_id VARCHAR, trace_id VARCHAR, status INTEGER, ms DOUBLE, "
            "input " +
                std::string(kBody) + ", output " + kBody);
}

TEST_F(ParquetLogTest, WhatWasJsonLinesBecomesParquetAtTheNextStart) {
  NoteAll(*Open("jsonl"));
  ASSERT_EQ(Files().at(0).extension(), ".jsonl");
  { const auto next = Open("parquet"); }
  ASSERT_EQ(Files().size(), 1U);
  EXPECT_EQ(LinesOf(Files()[0]).size(), 4U);
}

}  // namespace
}  // namespace keelrow::signals
