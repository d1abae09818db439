#include "e2e/tiny_project.h"

#include <fmt/format.h>

#include "base/random.h"
#include "data/image_encode.h"

namespace keelrow::tests {
namespace {

constexpr int kSide = 12;
constexpr int kClasses = 3;
constexpr int kPerClass = 20;

constexpr const char* kProjectText = R"(
version: 1
name: tiny
seed: 7
data:
  source: data
  split: {train: 0.6, validation: 0.2, test: 0.2}
prepare:
  - decode: gray
  - resize: 12
  - normalize: {mean: [0.5], std: [0.5]}
augment:
  - flip: {horizontal: true}
model: {network: small_cnn}
train: {epochs: 1, batch_size: 16, threads: 1, checkpoint_every: 1}
gate: {not_worse_than: ""}
)";

}  // namespace

std::string TinyPicture(int label, int index) {
  Random random(1, "tiny picture",
                {static_cast<uint64_t>(label), static_cast<uint64_t>(index)});
  data::Image image{.width = kSide, .height = kSide, .channels = 1};
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const bool bright = y / (kSide / kClasses) == label;
      image.pixels.push_back(static_cast<uint8_t>((bright ? 128 : 0) + random.Below(120)));
    }
  }
  return data::EncodePng(image);
}

TinyProject::TinyProject() {
  WriteFileDurably(file(), kProjectText);
  for (int label = 0; label < kClasses; ++label) {
    const fs::path folder = data() / fmt::format("class{}", label);
    MakeFolders(folder);
    for (int i = 0; i < kPerClass; ++i) {
      WriteFileDurably(folder / fmt::format("{:02}.png", i), TinyPicture(label, i));
    }
  }
}

project::LoadedProject TinyProject::Load(const std::vector<std::string>& set) const {
  return project::Load(file(), {.set = set});
}

pipeline::Plan TinyProject::Plan(const project::LoadedProject& loaded,
                                 std::span<const pipeline::StepKind> table) const {
  return pipeline::MakePlan(table, loaded.canonical, workspace());
}

std::vector<std::string> TinyProject::Run(const pipeline::Plan& plan) const {
  return pipeline::Run(plan, workspace(), {.seed = 7}).ran;
}

fs::path TinyProject::Output(const pipeline::Plan& plan, const std::string& step) const {
  return workspace().Cache(pipeline::ArtifactId(step, plan.Find(step)->key));
}

std::vector<std::string> Predicted(const pipeline::Plan& plan) {
  std::vector<std::string> names;
  for (const pipeline::PlannedStep& step : plan.steps) {
    if (step.action == pipeline::Action::kRun) names.push_back(step.kind->name);
  }
  return names;
}

}  // namespace keelrow::tests
