#pragma once

#include <memory>
#include <string>

#include "http/message.h"
#include "project/request_log.h"
#include "signals/line_files.h"

namespace keelrow::signals {

/// Who answered a request.
struct AnsweredBy {
  const std::string& model;
  const std::string& version;
};

/// Predictions for later monitoring: a sample of them, as JSON Lines or Parquet, each with an id
/// that the answer carries too (x-keelrow-prediction-id), so that what turned out to be true can be
/// joined later. Bounded in every direction: share, rate, bytes of a body, waiting entries, bytes
/// on disk; what finds no room is dropped and counted. Headers are never written, and so no token
/// is; bodies only where the configuration says so, and without what secrets.h finds in them. Only
/// predictions are noted: bodies of other routes are never seen here. One thread writes; Note from
/// any.
class RequestLog {
 public:
  RequestLog(const project::RequestLogConfig& config, const LineFilesOptions& files);
  /// Writes what waits, and makes Parquet of it where that is wanted.
  ~RequestLog();
  RequestLog(const RequestLog&) = delete;

  /// Gives the answer its id, and writes it down if it is of the sample. Does not block.
  void Note(const http::Request& request, const AnsweredBy& by, http::Response& response);

  size_t written() const;
  size_t dropped() const;
  size_t unconverted() const;  // files that should be Parquet and cannot

 private:
  struct State;
  std::unique_ptr<State> state_;
};

inline constexpr const char* kPredictionId = "x-keelrow-prediction-id";

}  // namespace keelrow::signals
