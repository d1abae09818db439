#pragma once

// ModelInfer of the Open Inference Protocol as a gRPC client sends it: unary calls over HTTP/2.

#include <cstring>
#include <optional>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <vector>

#include "http/http2_raw_for_test.h"

namespace keelrow::tests {

struct GrpcAnswer {
  std::string status;  // of gRPC, "0" for an answer; or what became of the stream
  std::string version;
  std::vector<float> scores;
};

/// One connection, one call at a time; opened anew when the other side says goodbye, and now and
/// then, as a client's that comes and goes.
class GrpcClient {
 public:
  GrpcClient(uint16_t port, http::FieldList metadata)
      : port_(port), metadata_(std::move(metadata)) {}

  /// What `model` says of a file. Throws kIo when there is no connection.
  GrpcAnswer Infer(const std::string& model, const std::string& file,
                   const http::FieldList& more = {}) {
    if (!http2_ || http2_->goodbye || calls_ == kCallsMax) {
      calls_ = 0;
      http2_.emplace(port_);
    }
    const uint32_t stream = 1 + 2 * calls_++;
    http::FieldList fields = metadata_;
    fields.insert(fields.end(), more.begin(), more.end());
    http2_->Send(
        http::PostHead(stream, "/inference.GRPCInferenceService/ModelInfer", fields) +
        http::Frame(http::kData, http::kEndStream, stream, http::GrpcFrame(Question(model, file))));
    const http::StreamSeen& seen = http2_->Answer(stream);
    const GrpcAnswer answer = Read(seen);
    if (!seen.ended) http2_.reset();
    return answer;
  }

 private:
  static constexpr uint32_t kCallsMax = 100;  // within the first window of both sides

  static std::string Question(const std::string& model, const std::string& file) {
    std::string raw(4, '\0');
    const auto size = static_cast<uint32_t>(file.size());
    std::memcpy(raw.data(), &size, sizeof size);
    const std::vector<int64_t> shape = {1};
    std::string message;
    protozero::pbf_writer writer(message);
    writer.add_string(1, model);
    {
      protozero::pbf_writer tensor(writer, 5);
      tensor.add_string(1, "input_data");
      tensor.add_string(2, "BYTES");
      tensor.add_packed_int64(3, shape.begin(), shape.end());
    }
    writer.add_bytes(7, raw + file);
    return message;
  }

  static GrpcAnswer Read(const http::StreamSeen& seen) {
    GrpcAnswer answer{.status = "reset", .version = "", .scores = {}};
    if (!seen.ended) return answer;
    const auto in_trailers = seen.trailers.Find("grpc-status");
    answer.status = in_trailers.value_or(seen.head.Find("grpc-status").value_or(seen.Status()));
    if (answer.status != "0" || seen.body.size() < 5) return answer;
    protozero::pbf_reader reader(seen.body.data() + 5, seen.body.size() - 5);
    while (reader.next()) {
      if (reader.tag() == 2) {
        answer.version = reader.get_string();
      } else if (reader.tag() == 6 && answer.scores.empty()) {  // the first output's
        const std::string raw = reader.get_string();
        answer.scores.resize(raw.size() / sizeof(float));
        std::memcpy(answer.scores.data(), raw.data(), answer.scores.size() * sizeof(float));
      } else {
        reader.skip();
      }
    }
    return answer;
  }

  uint16_t port_;
  http::FieldList metadata_;
  std::optional<http::Http2Raw> http2_;
  uint32_t calls_ = 0;
};

}  // namespace keelrow::tests
