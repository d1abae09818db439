// zoo-onnx FOLDER: writes every network of the zoo as NAME.onnx, with blank weights.
#include <cstdio>
#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "nets/onnx_writer.h"
#include "nets/zoo.h"

namespace keelrow::tests {
namespace {

int WriteZoo(const fs::path& folder) {
  for (const nets::Network& network : nets::Zoo()) {
    const nets::Graph graph =
        nets::BuildNetwork(network.name, {.input_shape = {3, 64, 64}, .classes = 10});
    WriteFileDurably(folder / (std::string(network.name) + ".onnx"),
                     nets::WriteOnnx(graph, nets::BlankWeights(graph)));
  }
  return 0;
}

}  // namespace
}  // namespace keelrow::tests

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    return keelrow::tests::WriteZoo(argv[1]);
  } catch (const keelrow::Error& error) {
    std::fputs(error.Render().c_str(), stderr);
    return 1;
  }
}
