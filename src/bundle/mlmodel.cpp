#include "bundle/mlmodel.h"

#include <fmt/format.h>

#include "bundle/bundle.h"

namespace keelrow::bundle {
namespace {

/// MLflow keeps a signature as a JSON text of tensor specs.
std::string SignatureText(const std::vector<TensorSpec>& specs) {
  Json json = Json::array();
  for (const TensorSpec& spec : specs) {
    json.push_back({{"name", spec.name},
                    {"type", "tensor"},
                    {"tensor-spec", {{"dtype", Name(spec.dtype)}, {"shape", spec.shape}}}});
  }
  return json.dump();
}

}  // namespace

std::string MlModelText(const Manifest& manifest) {
  return fmt::format(
      "flavors:\n"
      "  onnx:\n"
      "    data: {0}\n"
      "    onnx_version: 1.17.0\n"
      "    providers: [CPUExecutionProvider]\n"
      "  python_function:\n"
      "    data: {0}\n"
      "    loader_module: mlflow.onnx\n"
      "signature:\n"
      "  inputs: '{1}'\n"
      "  outputs: '{2}'\n"
      "  params: null\n",
      kNetworkFile, SignatureText(manifest.inputs), SignatureText(manifest.outputs));
}

}  // namespace keelrow::bundle
