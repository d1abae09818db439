#include <gtest/gtest.h>

#include "base/data_for_test.h"
#include "base/hash.h"
#include "base/json.h"
#include "data/source.h"
#include "transforms/chain.h"

namespace keelrow::transforms {
namespace {

constexpr const char* kPhotos = "imagenet_samples.tar";

std::vector<std::string> Photos() {
  const auto source = data::OpenSource({.path = DataForTest(kPhotos)});
  std::vector<std::string> files;
  for (const data::Example& example : source->List()) {
    files.push_back(source->Read(example).Value());
  }
  return files;
}

/// The pixels of all photos behind the steps that make pictures, one after another.
std::string DigestOf(const Json& prepare, const std::vector<std::string>& photos) {
  Json entries = prepare;
  entries.push_back("normalize");
  const Chain chain = Chain::FromJson(entries, "test");
  Sha256 digest;
  for (const std::string& photo : photos) {
    const auto image = std::get<data::Image>(chain.Head(photo));
    digest.Update(std::as_bytes(std::span(image.pixels)));
  }
  return digest.HexDigest();
}

/// So the mean difference is 0, and a network's answers are those of Python.
TEST(Photos, EveryPixelIsPillowsAndTorchvisions) {
  if (!fs::exists(DataForTest(kPhotos))) GTEST_SKIP() << AbsentData(kPhotos);
  const std::vector<std::string> photos = Photos();
  ASSERT_EQ(photos.size(), 100U);
  const Json golden = ReadJsonFile(KEELROW_SOURCE_DIR "/tests/golden/torchvision_photos.json");
  ASSERT_EQ(golden.at("cases").size(), 6U);
  for (const Json& row : golden.at("cases")) {
    EXPECT_EQ(DigestOf(row.at("prepare"), photos), row.at("sha256")) << row.at("prepare");
  }
}

}  // namespace
}  // namespace keelrow::transforms
