#include "e2e/tiny_files.h"

#include <fmt/format.h>

#include "base/random.h"
#include "data/image_encode.h"

namespace keelrow::tests {
namespace {

constexpr int kSide = 12;
constexpr int kClasses = 3;
constexpr int kPerClass = 20;

constexpr const char* kProjectText = R"(version: 1
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
  Random random(1, "tiny picture", {static_cast<uint64_t>(label), static_cast<uint64_t>(index)});
  data::Image image{.width = kSide, .height = kSide, .channels = 1};
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const bool bright = y / (kSide / kClasses) == label;
      image.pixels.push_back(static_cast<uint8_t>((bright ? 128 : 0) + random.Below(120)));
    }
  }
  return data::EncodePng(image);
}

void WriteTinyProject(const fs::path& folder) {
  MakeFolders(folder);
  WriteFileDurably(folder / "keelrow.yaml", kProjectText);
  for (int label = 0; label < kClasses; ++label) {
    const fs::path pictures = folder / "data" / fmt::format("class{}", label);
    MakeFolders(pictures);
    for (int i = 0; i < kPerClass; ++i) {
      WriteFileDurably(pictures / fmt::format("{:02}.png", i), TinyPicture(label, i));
    }
  }
}

}  // namespace keelrow::tests
