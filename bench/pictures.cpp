#include <fmt/format.h>

#include <cmath>

#include "base/data_for_test.h"
#include "base/files.h"
#include "case.h"
#include "photos.h"
#include "program.h"

namespace keelrow::bench {
namespace {

Sample Pictures(std::vector<std::string> program, const std::vector<std::string>& more,
                const Places& places) {
  program.insert(program.end(), {"--pictures", Photos(places)});
  program.insert(program.end(), more.begin(), more.end());
  const Json answer = Run(program, places.scratch / "log.txt").Answer();
  return {.value = answer.at("pictures_per_second"), .answer = answer};
}

/// Both draw their own changes, so only means over hundreds of pictures are alike.
constexpr double kMeanDifferenceMax = 3;

std::string MeanFault(const Json& ours, const Json& theirs) {
  if (ours.at("pictures") != theirs.at("pictures")) return "another number of pictures";
  const double difference = ours.at("mean").get<double>() - theirs.at("mean").get<double>();
  if (std::abs(difference) <= kMeanDifferenceMax) return "";
  return fmt::format("the means of all values differ by {:.2f}", difference);
}

Case Augment(const std::string& name, int epochs, const std::string& help,
             const std::string& limit) {
  const std::vector<std::string> options = {"--epochs", std::to_string(epochs)};
  return {.suite = "images",
          .name = name,
          .peer = "keras",
          .unit = "pictures/s",
          .more_is_better = true,
          .help = help,
          .limit = limit,
          .ours =
              [options](const Places& places) {
                std::vector<std::string> more = options;
                more.insert(more.end(), {"--threads", std::to_string(places.threads)});
                return Pictures({places.bin / "bench-augment"}, more, places);
              },
          .theirs =
              [options](const Places& places) {
                return Pictures({places.python, places.source / "bench/peers/augment.py"}, options,
                                places);
              },
          .fault = MeanFault,
          .data = kPhotos};
}

std::string PixelFault(const Json& ours, const Json& theirs) {
  return ours.at("sha256") == theirs.at("sha256") ? "" : "other pixels";
}

Case Resize() {
  const std::vector<std::string> options = {"--rounds", "2"};
  return {
      .suite = "images",
      .name = "resize",
      .peer = "pillow",
      .unit = "pictures/s",
      .more_is_better = true,
      .help =
          "100 photos (JPEG, 187,000 pixels on average) decoded and resized to 224x224, "
          "each by bilinear, bicubic, box and Lanczos filters, from memory, on one thread "
          "on either side. Right when all pixels are equal.",
      .limit = "libjpeg's decoding, which both sides share: 61 %. The filters themselves are 18 %.",
      .ours =
          [options](const Places& places) {
            return Pictures({places.bin / "bench-resize"}, options, places);
          },
      .theirs =
          [options](const Places& places) {
            return Pictures({places.python, places.source / "bench/peers/resize.py"}, options,
                            places);
          },
      .fault = PixelFault,
      .data = kPhotos};
}

/// Of activations around one, in 32-bit floats.
constexpr double kFeatureDifferenceMax = 1e-3;

std::string FeatureFault(const Json& ours, const Json& theirs) {
  for (const char* key : {"features", "first"}) {
    const std::vector<double> a = ours.at(key);
    const std::vector<double> b = theirs.at(key);
    if (a.size() != b.size()) return "another number of pictures or features";
    double largest = 0;
    for (const double x : b) largest = std::max(largest, std::abs(x));
    for (size_t i = 0; i < a.size(); ++i) {
      if (std::abs(a[i] - b[i]) <= kFeatureDifferenceMax * largest) continue;
      return fmt::format("{} {} is {} and {}", key, i, a[i], b[i]);
    }
  }
  return "";
}

Case Features() {
  const auto with = [](const Places& places) {
    return std::vector<std::string>{"--weights", places.scratch / "weights.safetensors",
                                    "--threads", std::to_string(places.threads)};
  };
  return {
      .suite = "images",
      .name = "features",
      .peer = "torch_eager",
      .unit = "pictures/s",
      .more_is_better = true,
      .help = fmt::format(
          "100 photos (JPEG, in memory) decoded, resized to 224x224 and turned into the 2,048 "
          "numbers that ResNet-50 has before its classifier. Ours is what `keelrow features` "
          "does: a picture a core through the engine. Theirs is PyTorch eager in inference "
          "mode, channels-last, in batches of 8 (its fastest), with a DataLoader that decodes "
          "by Pillow in a process a core. Right when the features agree within {} of the "
          "largest.",
          kFeatureDifferenceMax),
      .limit =
          "Arithmetic: 89 % of the time is in the engine's convolutions (5 % in the kernel, 3 % "
          "in decoding), and the engine alone, fed from memory, gives 27.4 pictures/s on these "
          "cores in whatever streams and batches. The peer's kernels stand at 67 %, so more "
          "than 1.4 would need the engine's to be faster.",
      .ours =
          [with](const Places& places) {
            return Pictures({places.bin / "bench-features"}, with(places), places);
          },
      .theirs =
          [with](const Places& places) {
            return Pictures({places.python, places.source / "bench/peers/features.py"},
                            with(places), places);
          },
      .fault = FeatureFault,
      .data = kPhotos};
}

}  // namespace

fs::path Photos(const Places& places) {
  const fs::path folder = places.scratch / "photos";
  if (!fs::exists(folder)) {
    MakeFolders(folder);
    Run({"/usr/bin/env", "tar", "xf", DataForTest(kPhotos), "-C", folder},
        places.scratch / "log.txt");
  }
  return folder;
}

std::vector<Case> PictureCases() {
  return {
      Augment("augment", 5,
              fmt::format(
                  "Five epochs over a folder of 100 photos (JPEG) at 224x224 in batches of 32, "
                  "turned by up to 20 degrees, shifted by up to a fifth both ways, half of them "
                  "mirrored. Ours is the loader of keelrow-trainer with a thread a core, started "
                  "cold: it remembers decoded pictures, as it does in every training. Theirs is "
                  "ImageDataGenerator.flow_from_directory, which decodes in each epoch. Right when "
                  "the means of all values agree within {} of 255.",
                  kMeanDifferenceMax),
              "After the first epoch the warp itself (35 %), copies of decoded pictures and into "
              "batches (20 %), scaling (10 %) and clearing memory (7 %); five epochs cold have one "
              "of decoding among them."),
      Augment("augment_first_epoch", 1,
              "The same for the first epoch alone, so that every picture is read and decoded on "
              "both sides.",
              "Decoding the files' Huffman codes."),
      Resize(),
      Features(),
  };
}

}  // namespace keelrow::bench
