#pragma once

#include <string>

#include "bundle/manifest.h"

namespace keelrow::bundle {

/// The MLmodel file (MLflow's model metadata, onnx flavour), so that MLflow's tools read a bundle.
std::string MlModelText(const Manifest& manifest);

}  // namespace keelrow::bundle
