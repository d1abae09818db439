#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/tensor.h"

namespace keelrow::bundle {

/// Raised when bundle.json changes its meaning; a reader refuses what it does not know. Version 1
/// named its postprocessing without options and had no views; it is still read.
inline constexpr int kFormatVersion = 2;

/// One input or output of the network; -1 stands for a free dimension (the batch).
struct TensorSpec {
  std::string name;
  DType dtype = DType::kFloat32;
  std::vector<int64_t> shape;
};

/// bundle.json: what the network is and how to use it. Nothing in it belongs to one kind of data:
/// pictures, windows and texts differ only in the rows that `preprocess` and `postprocess` name.
struct Manifest {
  std::string name;
  std::string task;
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  Json preprocess = Json::array();  // rows of transforms/table.cpp, in order
  std::vector<std::string> views;   // rows of transforms/views.cpp, averaged with the input
  std::string postprocess;          // a row of engine/postprocess.cpp
  Json postprocess_options = Json::object();  // of that row, such as its temperature
  std::vector<std::string> labels;            // names of the outputs, in the network's order
  Json export_check = Json::object();         // how far the engine is from the trainer
  Json lineage = Json::object();              // data, configuration and step hashes, seed, program

  Json ToJson() const;
  /// Throws kUnsupported for another format version, kCorrupt for a malformed manifest.
  static Manifest FromJson(const Json& json, const std::string& name);
};

}  // namespace keelrow::bundle
