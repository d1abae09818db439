#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "predictions/datatype.h"
#include "predictions/prediction.h"

namespace keelrow::open_inference {

/// The Open Inference Protocol's idea of a question, whatever carries it: named tensors in, named
/// tensors out. A bundle takes `input_data`, BYTES [n]: n whole files, through its own
/// preprocessing; or its network's input by name, prepared by the client. It answers with
/// `probabilities` FP32 [n, labels], `label` BYTES [n] and, where it is asked for by name, what the
/// network itself said. A bare network takes and gives its own tensors.

inline constexpr std::string_view kFilesInput = "input_data";

inline constexpr std::string_view kBytes = "BYTES";  // no type of elements

struct NamedTensor {
  std::string name;
  bool bytes = false;  // of datatype BYTES: `texts`, as many as the shape says
  Tensor tensor = {};  // shape and elements; of BYTES the shape alone
  std::vector<std::string> texts = {};

  std::string_view datatype() const { return bytes ? kBytes : predictions::Datatype(tensor.dtype); }
};

struct WantedOutput {
  std::string name;
  int64_t classes = 0;  // above 0: not the numbers, but the largest so many, as "value:index:label"
};

struct InferRequest {
  std::string id;
  std::vector<NamedTensor> inputs;
  std::vector<WantedOutput> outputs;  // empty: those of the metadata
  int priority = 0;
  std::optional<std::chrono::microseconds> timeout = {};
};

/// What requests of this protocol may hold.
inline constexpr size_t kTensorsMax = 1024;
inline constexpr size_t kAxesMax = 32;
inline constexpr int64_t kClassesMax = 1'000'000;

/// As the protocol says it: 1 is the highest, 0 says nothing.
void SetPriority(InferRequest& request, uint64_t priority);
/// 0 says nothing.
void SetTimeout(InferRequest& request, uint64_t microseconds);

/// `render` is left to the caller. Throws kBadExample for what does not fit the model, outputs that
/// it does not have included.
predictions::Question QuestionOf(const models::ServedModel& model, InferRequest&& request);

/// What was wanted of the answer. Throws kBadExample for an output that the model does not have.
std::vector<NamedTensor> OutputsOf(const predictions::Answer& answer,
                                   const std::vector<WantedOutput>& wanted);

/// {"name", "versions", "platform", "inputs", "outputs"}.
Json ModelMetadata(const models::ServedModel& model, const std::vector<std::string>& versions);

}  // namespace keelrow::open_inference
