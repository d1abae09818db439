#include "engine/session.h"

#include <fmt/format.h>

#include <mutex>
#include <openvino/openvino.hpp>

#include "base/error.h"

namespace keelrow::engine {
namespace {

/// One engine a process: its start costs milliseconds, and plugins are shared.
ov::Core& Core() {
  static ov::Core core;
  return core;
}

ov::AnyMap Properties(const SessionOptions& options) {
  ov::AnyMap properties = {
      ov::hint::performance_mode(ov::hint::PerformanceMode::LATENCY),
      // Processors with bf16 or AMX would otherwise round differently from those without.
      ov::hint::inference_precision(ov::element::f32),
      ov::inference_num_threads(options.threads * options.streams),
      ov::num_streams(options.streams),
      ov::hint::enable_cpu_pinning(false),
  };
  if (!options.cache.empty()) properties.insert(ov::cache_dir(options.cache.string()));
  return properties;
}

ov::CompiledModel Compile(std::string_view onnx, const SessionOptions& options) {
  try {
    const auto model = Core().read_model(std::string(onnx), ov::Tensor());
    ov::PartialShape shape = model->input().get_partial_shape();
    shape[0] = options.batch;
    model->reshape(shape);
    return Core().compile_model(model, "CPU", Properties(options));
  } catch (const ov::Exception& failure) {
    throw Error(Code::kCorrupt, "the engine cannot read the network",
                {.hint = std::string(failure.what()).substr(0, 300)});
  }
}

std::vector<int64_t> Dimensions(const ov::Shape& shape) {
  return {shape.begin(), shape.end()};
}

}  // namespace

struct Session::State {
  ov::CompiledModel model;
  std::vector<int64_t> input_shape;
  std::mutex mutex;
  std::vector<ov::InferRequest> idle;

  ov::InferRequest Take() {
    const std::lock_guard lock(mutex);
    if (idle.empty()) return model.create_infer_request();
    ov::InferRequest request = std::move(idle.back());
    idle.pop_back();
    return request;
  }

  void GiveBack(ov::InferRequest request) {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(request));
  }
};

Session::Session(std::string_view onnx, const SessionOptions& options)
    : state_(std::make_unique<State>()) {
  state_->model = Compile(onnx, options);
  state_->input_shape = Dimensions(state_->model.input().get_shape());
}

Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

const std::vector<int64_t>& Session::InputShape() const {
  return state_->input_shape;
}

Tensor Session::Run(const Tensor& input) const {
  if (input.shape != state_->input_shape || input.dtype != DType::kFloat32) {
    throw Error(Code::kBadValue, fmt::format("the network takes float32 [{}], not {} [{}]",
                                             fmt::join(state_->input_shape, ", "),
                                             Name(input.dtype), fmt::join(input.shape, ", ")));
  }
  try {
    ov::InferRequest request = state_->Take();
    // The engine reads from our buffer; it does not write to inputs.
    request.set_input_tensor(ov::Tensor(ov::element::f32,
                                        ov::Shape(input.shape.begin(), input.shape.end()),
                                        const_cast<std::byte*>(input.bytes.data())));
    request.infer();
    const ov::Tensor result = request.get_output_tensor();
    Tensor output = Tensor::Zeros(DType::kFloat32, Dimensions(result.get_shape()));
    std::memcpy(output.bytes.data(), result.data<float>(), output.bytes.size());
    state_->GiveBack(std::move(request));
    return output;
  } catch (const ov::Exception& failure) {
    throw Error(Code::kInternal, fmt::format("the engine failed: {}", failure.what()));
  }
}

}  // namespace keelrow::engine
