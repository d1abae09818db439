#include "project/request_log.h"

namespace keelrow::project {

const std::vector<config::Choice>& RequestLogFormats() {
  static const std::vector<config::Choice> choices = {
      {.name = "jsonl", .help = "JSON Lines, as they were written."},
      {.name = "parquet",
       .help = "Parquet. The file that is being written is JSON Lines, so that what was written "
               "survives a kill; it is converted when the next one begins, when the service ends, "
               "or when it starts again."},
  };
  return choices;
}

void Describe(config::Object<RequestLogConfig>& object) {
  object.Doc(
      "A sample of the predictions, written down as JSON Lines for later monitoring. Headers, and "
      "so "
      "tokens, never are. Every answer carries its id in x-keelrow-prediction-id.");
  object.Field("folder", &RequestLogConfig::folder,
               "Where; relative to the project file. Empty: nothing is written down.");
  object.Field("format", &RequestLogConfig::format, "What a full file is kept as.");
  object.Field("sample", &RequestLogConfig::sample, "The share of the predictions.").Range(0, 1);
  object
      .Field("rate", &RequestLogConfig::rate,
             "Most of them a second; more are dropped and counted.")
      .Range(0.001, 1'000'000);
  object.Field("inputs", &RequestLogConfig::inputs, "Whether with the request's body.");
  object.Field("outputs", &RequestLogConfig::outputs, "Whether with the answer's body.");
  object
      .Field("body", &RequestLogConfig::body,
             "Largest body that is written down; of a larger one only its size is.")
      .Range(ByteSize{0}, ByteSize{uint64_t{16} << 20});
  object.Field("file", &RequestLogConfig::file, "Largest file; then the next one begins.")
      .Range(ByteSize{4096}, ByteSize{uint64_t{16} << 30});
  object.Field("files", &RequestLogConfig::files, "Most files; the oldest go.").Range(1, 10'000);
  object
      .Field("queue", &RequestLogConfig::queue,
             "Most predictions waiting to be written; more are dropped and counted.")
      .Range(1, 100'000);
}

void Describe(config::Object<CacheConfig>& object) {
  object.Doc(
      "What a network said, kept by the content of the question; equal questions to the same "
      "version "
      "are then answered without it. x-keelrow-cache says `hit` or `miss`; a request's "
      "Cache-Control "
      "(no-cache, no-store) is respected.");
  object
      .Field("bytes", &CacheConfig::bytes, "Most bytes, about; the longest unused go. 0: no cache.")
      .Range(ByteSize{0}, ByteSize{uint64_t{1024} << 30});
  object.Field("ttl", &CacheConfig::ttl, "How long an answer is kept.")
      .Range(Duration{std::chrono::milliseconds(1)}, Duration{std::chrono::hours(24 * 30)});
  object.Field("models", &CacheConfig::models, "Of which models; empty: of all.");
}

}  // namespace keelrow::project
