#pragma once

#include <span>

#include "asking.h"

namespace keelrow::bench {

/// A question of the Open Inference Protocol over gRPC: one tensor of 32-bit floats as raw bytes.
struct GrpcAsk {
  std::string model;
  std::string input;
  std::vector<int64_t> shape;
  std::vector<float> numbers;
};

/// As UnderLoad, by h2load on one thread, one request at a time on each connection. Every question
/// is asked once before the load, by nghttp; under it an answer of another size than the first's is
/// a refusal, since gRPC says its errors under status 200. `ready` is asked over REST until the
/// server answers.
Side UnderGrpcLoad(Start start, std::vector<GrpcAsk> asks, const Ask& ready, int connections);

}  // namespace keelrow::bench
