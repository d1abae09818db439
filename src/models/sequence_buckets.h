#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/session.h"

namespace keelrow::models {

struct SequenceOptions {
  int axis = 1;                            // of inputs and outputs; 0 is the batch's
  std::vector<int64_t> buckets = {};       // lengths, growing; none: nothing is padded
  std::map<std::string, double> pad = {};  // by an input's name; 0 where none is named
};

/// Sequences padded to a few lengths, so that jobs of different lengths become rows of one run, and
/// the engine sees few shapes. Padded are the inputs whose extent is free on the axis; what they
/// are padded with must not change the answer, by the network's nature or by a mask among them. Cut
/// back are the outputs that were seen to be as long as the inputs. Thread-safe.
class SequenceBuckets {
 public:
  /// Runs the network once for each bucket. Throws kBadValue when it does not fit the options.
  SequenceBuckets(SequenceOptions options, const engine::Session& session);

  struct Lengths {
    int64_t own = 0;     // 0: was not padded
    int64_t bucket = 0;  // the one that it was padded to
  };
  struct Padded {
    std::vector<Tensor> inputs;
    Lengths lengths;
  };
  /// Nothing for what runs as it is: longer than the last bucket, exactly as long as one, of inputs
  /// that differ in length, or too large when padded. Session::Fault must have let `inputs` pass.
  std::optional<Padded> Pad(std::span<const Tensor> inputs) const;

  /// What came of padded inputs, as if they had not been.
  void CutBack(Lengths lengths, std::vector<Tensor>& outputs) const;

 private:
  std::optional<int64_t> LengthOf(std::span<const Tensor> inputs) const;
  void Try(const engine::Session& session);

  size_t axis_ = 1;
  std::vector<int64_t> buckets_;
  std::vector<std::optional<std::vector<std::byte>>> pads_;  // of each input that is padded
  std::vector<bool> follows_;  // whether an output is as long as the inputs
};

}  // namespace keelrow::models
