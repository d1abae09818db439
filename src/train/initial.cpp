#include "train/initial.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "base/error.h"
#include "base/hash.h"
#include "base/random.h"
#include "nets/pretrained.h"

namespace keelrow::train {
namespace {

using nets::Graph;
using Init = Graph::Init;

double FanOut(const Graph::Shape& shape) {
  double fan = static_cast<double>(shape[0]);
  for (size_t i = 2; i < shape.size(); ++i) fan *= static_cast<double>(shape[i]);
  return fan;
}

void Draw(at::Tensor& tensor, const Graph::Parameter& parameter, at::Generator generator) {
  const auto normal = [&](double deviation) { tensor.normal_(0, deviation, generator); };
  const auto uniform = [&](double bound) { tensor.uniform_(-bound, bound, generator); };
  const auto fan_in = static_cast<double>(parameter.fan_in);
  switch (parameter.init) {
    case Init::kZeros:
      return;
    case Init::kOnes:
      tensor.fill_(1);
      return;
    case Init::kKaimingNormalFanOut:
      return normal(std::sqrt(2 / FanOut(parameter.shape)));
    case Init::kKaimingUniformFanIn:
      return uniform(std::sqrt(6 / fan_in));
    case Init::kUniformFanIn:
      return uniform(1 / std::sqrt(fan_in));
    case Init::kNormal001:
      return normal(0.01);
  }
}

at::Tensor Initial(const Graph::Parameter& parameter, uint64_t seed) {
  const bool counter = parameter.dtype == DType::kInt64;
  at::Tensor tensor = at::zeros(parameter.shape, counter ? at::kLong : at::kFloat);
  Random random(seed, "init:" + parameter.name);
  Draw(tensor, parameter, at::make_generator<at::CPUGeneratorImpl>(random.Next()));
  if (tensor.dim() == 4) tensor = tensor.contiguous(at::MemoryFormat::ChannelsLast);
  return tensor.set_requires_grad(parameter.trainable);
}

}  // namespace

Parameters InitialParameters(const Graph& graph, uint64_t seed) {
  Parameters parameters;
  for (const Graph::Parameter& parameter : graph.parameters) {
    parameters.push_back(Initial(parameter, seed));
  }
  return parameters;
}

Parameters StartingParameters(const Graph& graph, const TrainJob& job) {
  Parameters parameters = InitialParameters(graph, job.seed);
  if (job.pretrained.empty()) return parameters;
  if (Sha256HexOfFile(job.pretrained) != job.pretrained_hash) {
    throw Error(Code::kConflict, "the pretrained weights changed after the run had been planned",
                {.hint = "run the same command again"});
  }
  const nets::Adopted adopted =
      nets::AdoptWeights(graph, nets::ReadWeights(job.pretrained), job.pretrained.string());
  for (size_t i = 0; i < parameters.size(); ++i) {
    const std::string& name = graph.parameters[i].name;
    const auto value = adopted.weights.find(name);
    if (value != adopted.weights.end()) CopyInto(parameters[i], value->second, name);
  }
  return parameters;
}

}  // namespace keelrow::train
