#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/session.h"
#include "transforms/chain.h"

namespace keelrow::engine {

/// What a network makes of an example before its classifier: preprocessing and an ONNX network that
/// ends with one vector. Const methods may be called from many threads.
class FeatureExtractor {
 public:
  /// Throws as transforms::Chain and Session.
  FeatureExtractor(std::span<const transforms::TransformEntry> prepare, std::string_view onnx,
                   const SessionOptions& options = {});

  /// Throws kBadExample when the payload cannot be used.
  std::vector<float> Features(transforms::Payload payload) const;

 private:
  transforms::Chain chain_;
  Session session_;
};

}  // namespace keelrow::engine
