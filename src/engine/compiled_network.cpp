#include "engine/compiled_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.h"

namespace keelrow::engine {
namespace {

constexpr size_t kCopiedMax = size_t{16} << 10;  // of an input

struct TypePair {
  DType ours;
  ov::element::Type_t theirs;
};
constexpr std::array kTypes = {
    TypePair{DType::kBool, ov::element::Type_t::boolean},
    TypePair{DType::kUInt8, ov::element::Type_t::u8},
    TypePair{DType::kUInt16, ov::element::Type_t::u16},
    TypePair{DType::kUInt32, ov::element::Type_t::u32},
    TypePair{DType::kUInt64, ov::element::Type_t::u64},
    TypePair{DType::kInt8, ov::element::Type_t::i8},
    TypePair{DType::kInt16, ov::element::Type_t::i16},
    TypePair{DType::kInt32, ov::element::Type_t::i32},
    TypePair{DType::kInt64, ov::element::Type_t::i64},
    TypePair{DType::kFloat16, ov::element::Type_t::f16},
    TypePair{DType::kBFloat16, ov::element::Type_t::bf16},
    TypePair{DType::kFloat32, ov::element::Type_t::f32},
    TypePair{DType::kFloat64, ov::element::Type_t::f64},
};

template <class Port>
bool AreStatic(const std::vector<Port>& ports) {
  return std::ranges::all_of(ports,
                             [](const Port& port) { return port.get_partial_shape().is_static(); });
}

}  // namespace

DType TypeOf(const ov::element::Type& type) {
  const auto* found = std::ranges::find(kTypes, ov::element::Type_t(type), &TypePair::theirs);
  if (found != kTypes.end()) return found->ours;
  throw Error(Code::kUnsupported,
              fmt::format("the network has a tensor of {}", type.get_type_name()));
}

ov::element::Type TypeOf(DType dtype) {
  return std::ranges::find(kTypes, dtype, &TypePair::ours)->theirs;
}

CompiledNetwork::CompiledNetwork(ov::CompiledModel model, std::shared_ptr<const MappedFile> beneath)
    : beneath_(std::move(beneath)), model_(std::move(model)) {
  const bool fixed = AreStatic(model_.inputs()) && AreStatic(model_.outputs());
  // Giving the engine another tensor costs as much as a small inference; so does a large copy.
  copies_ =
      fixed && std::ranges::all_of(model_.inputs(), [](const auto& input) {
        return ov::shape_size(input.get_shape()) * input.get_element_type().size() <= kCopiedMax;
      });
}

std::vector<Tensor> CompiledNetwork::Infer(std::span<const Tensor> inputs) {
  Slot slot = Take();
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (copies_) {
      std::memcpy(slot.inputs[i].data(), inputs[i].bytes.data(), inputs[i].bytes.size());
      continue;
    }
    // The engine reads from our buffer; it does not write to inputs.
    slot.request.set_input_tensor(
        i, ov::Tensor(TypeOf(inputs[i].dtype),
                      ov::Shape(inputs[i].shape.begin(), inputs[i].shape.end()),
                      const_cast<std::byte*>(inputs[i].bytes.data())));
  }
  slot.request.infer();
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < model_.outputs().size(); ++i) {
    const ov::Tensor result = copies_ ? slot.outputs[i] : slot.request.get_output_tensor(i);
    const ov::Shape& shape = result.get_shape();
    outputs.push_back(Tensor::Zeros(TypeOf(result.get_element_type()),
                                    std::vector<int64_t>(shape.begin(), shape.end())));
    std::memcpy(outputs.back().bytes.data(), result.data(), outputs.back().bytes.size());
  }
  GiveBack(std::move(slot));
  return outputs;
}

CompiledNetwork::Slot CompiledNetwork::NewSlot() {
  Slot slot{.request = model_.create_infer_request(), .inputs = {}, .outputs = {}};
  if (!copies_) return slot;
  for (size_t i = 0; i < model_.inputs().size(); ++i) {
    slot.inputs.push_back(slot.request.get_input_tensor(i));
  }
  for (size_t i = 0; i < model_.outputs().size(); ++i) {
    slot.outputs.push_back(slot.request.get_output_tensor(i));
  }
  return slot;
}

CompiledNetwork::Slot CompiledNetwork::Take() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return NewSlot();
  Slot slot = std::move(idle_.back());
  idle_.pop_back();
  return slot;
}

void CompiledNetwork::GiveBack(Slot slot) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(slot));
}

}  // namespace keelrow::engine
