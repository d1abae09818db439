#include "engine/chain.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelrow::engine {
namespace {

using bundle::TensorSpec;

/// A tensor on its way through the chain.
struct Slot {
  std::string part;  // "": an input of the chain
  TensorSpec spec;
};

bool Compatible(const TensorSpec& from, const TensorSpec& to) {
  return from.dtype == to.dtype &&
         std::ranges::equal(from.shape, to.shape,
                            [](int64_t a, int64_t b) { return a == b || a < 0 || b < 0; });
}

class Composer {
 public:
  explicit Composer(const std::string& name) : name_(name) {}

  /// Which slots feed the part, in the order of its inputs.
  std::vector<size_t> Wire(const ChainPart& part, const Session* before) {
    std::vector<size_t> wires;
    for (const TensorSpec& input : part.network->Inputs()) {
      const size_t slot = Feeding(part, input, before);
      if (!Compatible(slots_[slot].spec, input)) {
        throw Error(
            Code::kBadValue,
            fmt::format("chain `{}`: `{}` is [{}], which does not fit `{}` of `{}`, [{}]", name_,
                        slots_[slot].spec.name, fmt::join(slots_[slot].spec.shape, ", "),
                        input.name, part.name, fmt::join(input.shape, ", ")));
      }
      wires.push_back(slot);
    }
    RequireKnown(part);
    return wires;
  }

  void Add(const std::string& part, const std::vector<TensorSpec>& specs) {
    for (const TensorSpec& spec : specs) slots_.push_back({.part = part, .spec = spec});
  }
  size_t size() const { return slots_.size(); }

 private:
  size_t Feeding(const ChainPart& part, const TensorSpec& input, const Session* before) const {
    const auto given = part.inputs.find(input.name);
    const std::string& wanted = given == part.inputs.end() ? input.name : given->second;
    for (size_t i = slots_.size(); i > 0; --i) {
      const Slot& slot = slots_[i - 1];
      if (slot.spec.name == wanted || slot.part + "." + slot.spec.name == wanted) return i - 1;
    }
    const bool only = given == part.inputs.end() && before != nullptr &&
                      before->Outputs().size() == 1 && part.network->Inputs().size() == 1;
    if (only) return slots_.size() - 1;
    throw Error(
        Code::kBadValue,
        fmt::format("chain `{}`: nothing before `{}` is called `{}`", name_, part.name, wanted),
        {.hint = "name what feeds it in the part's `inputs`"});
  }

  void RequireKnown(const ChainPart& part) const {
    for (const auto& [input, from] : part.inputs) {
      const auto& specs = part.network->Inputs();
      if (std::ranges::find(specs, input, &TensorSpec::name) != specs.end()) continue;
      throw Error(Code::kBadValue,
                  fmt::format("chain `{}`: `{}` has no input `{}`", name_, part.name, input));
    }
  }

  std::string name_;
  std::vector<Slot> slots_;
};

struct Stage {
  std::shared_ptr<const Session> network;
  std::vector<size_t> wires;
};

/// A stage is given copies: another one may read the same tensors.
std::vector<Tensor> RunStages(const std::vector<Stage>& stages, std::span<const Tensor> inputs) {
  std::vector<Tensor> slots(inputs.begin(), inputs.end());
  std::vector<Tensor> outputs;
  for (const Stage& stage : stages) {
    std::vector<Tensor> fed;
    for (const size_t wire : stage.wires) fed.push_back(slots[wire]);
    outputs = stage.network->Run(fed);
    slots.insert(slots.end(), outputs.begin(), outputs.end());
  }
  return outputs;
}

}  // namespace

Session ComposeChain(const std::string& name, std::vector<ChainPart> parts) {
  if (parts.empty()) throw Error(Code::kBadValue, fmt::format("chain `{}` has no parts", name));
  Composer composer(name);
  composer.Add("", parts.front().network->Inputs());
  std::vector<Stage> stages;
  int64_t rows_max = parts.front().network->RowsMax();
  const Session* before = nullptr;
  for (ChainPart& part : parts) {
    stages.push_back({.network = part.network, .wires = composer.Wire(part, before)});
    composer.Add(part.name, part.network->Outputs());
    rows_max = std::min(rows_max, part.network->RowsMax());
    before = part.network.get();
  }
  auto inputs = parts.front().network->Inputs();
  auto outputs = parts.back().network->Outputs();
  return Session(std::move(inputs), std::move(outputs), rows_max,
                 [stages = std::move(stages)](std::span<const Tensor> given) {
                   return RunStages(stages, given);
                 });
}

}  // namespace keelrow::engine
