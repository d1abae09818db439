#include "models/served_model.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "models/sequence_network_for_test.h"

namespace keelrow::models {
namespace {

TEST(ServedModel, HasAStreamOfTheEngineForEachRunAtOnce) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "model.onnx";
  WriteFileDurably(file, SequenceNetwork());
  Executor executor(4);
  const auto streams = [&](const LaneOptions& lane) {
    return ServedModel::Load({.model = "m", .version = "1", .path = file}, {.lane = lane}, executor)
        ->session()
        .Streams();
  };
  EXPECT_EQ(streams({}), 4);
  EXPECT_EQ(streams({.threads = 2}), 2);
  EXPECT_EQ(streams({.threads = 8}), 1);
  EXPECT_EQ(streams({.instances = 3}), 3);
}

}  // namespace
}  // namespace keelrow::models
