// network-answers NETWORK WEIGHTS PREPARE SOURCE: what a network of the zoo with another library's
// weights says to pictures. PREPARE is bundle.json's `preprocess`, SOURCE a folder, .tar or
// manifest. A line of JSON a picture: {"id": …, "logits": […]}.
#include <cstdio>

#include "base/json.h"
#include "data/source.h"
#include "engine/session.h"
#include "nets/onnx_writer.h"
#include "nets/pretrained.h"
#include "nets/zoo.h"
#include "transforms/chain.h"

namespace keelrow::tests {
namespace {

struct Arguments {
  std::string network;
  std::string weights;
  std::string prepare;
  std::string source;
};

int Answer(const Arguments& arguments) {
  const auto chain =
      transforms::Chain::FromJson(ParseJson(arguments.prepare, "PREPARE").Value(), "PREPARE");
  const nets::Graph graph =
      nets::BuildNetwork(arguments.network, {.input_shape = chain.OutputShape()});
  const nets::Adopted adopted =
      nets::AdoptWeights(graph, nets::ReadWeights(arguments.weights), arguments.weights);
  const engine::Session session(nets::WriteOnnx(graph, adopted.weights));
  const auto source = data::OpenSource({.path = arguments.source});
  for (const data::Example& example : source->List()) {
    const Tensor input = chain.Apply({source->Read(example).Value()});
    const Tensor output = session.Run(Stack({&input, 1}));
    const auto logits = output.As<float>();
    const Json line = {{"id", example.id},
                       {"logits", std::vector<float>(logits.begin(), logits.end())}};
    std::puts(line.dump().c_str());
  }
  return 0;
}

}  // namespace
}  // namespace keelrow::tests

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  try {
    return keelrow::tests::Answer({argv[1], argv[2], argv[3], argv[4]});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
