#include "steps/model_manifest.h"

namespace keelrow::steps {

bundle::Manifest ManifestFromTraining(const job::StepJob& job) {
  const Json training = ReadJsonFile(job.Input("train", "training.json"));
  std::vector<int64_t> input = {-1};
  for (const Json& size : training.at("input_shape")) input.push_back(size);
  const std::vector<std::string> labels = training.at("labels");
  return {.name = job.Config("name"),
          .task = job.Config("task"),
          .inputs = {{.name = "input", .dtype = DType::kFloat32, .shape = input}},
          .outputs = {{.name = "output",
                       .dtype = DType::kFloat32,
                       .shape = {-1, static_cast<int64_t>(labels.size())}}},
          .preprocess = job.Config("prepare"),
          .views = job.Config("predict.tta"),
          .postprocess = "classification",
          .labels = labels};
}

}  // namespace keelrow::steps
