#include "train/checkpoint.h"

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "nets/safetensors.h"
#include "nets/zoo.h"
#include "train/state.h"

namespace keelrow::train {
namespace {

nets::Graph SmallGraph() {
  return nets::BuildNetwork("small_cnn", {.input_shape = {1, 16, 16}, .classes = 5});
}

TrainJob JobWith(const std::string& optimizer) {
  TrainJob job;
  job.train.optimizer.name.value = optimizer;
  job.train.ema = 0.9;
  job.train.early_stop = 2;
  job.seed = 7;
  return job;
}

/// Some steps with made-up gradients, so that every tensor of the state moves.
void Advance(State& state, int steps) {
  const c10::AutoGradMode no_gradients(false);
  for (int t = 0; t < steps; ++t) {
    for (at::Tensor& tensor : state.live()) {
      if (tensor.requires_grad()) tensor.mutable_grad() = tensor.detach().cos().mul(t + 1);
    }
    state.optimizer().Step(0.01);
    state.UpdateEma(t);
    if (t % 2 == 0) state.RememberBest();
  }
}

Checkpoint Sample() {
  Checkpoint checkpoint{.identity = "abc", .threads = 2};
  checkpoint.position = {.epoch = 3,
                         .step_in_epoch = 17,
                         .step = 347,
                         .loss_sum = 0.1 + 0.2,
                         .loss_count = 99,
                         .seconds = 1.5};
  checkpoint.position.history.Add({.epoch = 1, .train_loss = 1.0 / 3});
  checkpoint.tensors["w"] = Tensor::Of<float>({2}, {0.1F, -0.0F});
  return checkpoint;
}

TEST(Checkpoint, RoundTripKeepsEveryBit) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "checkpoint.safetensors";
  WriteCheckpoint(path, Sample());
  const auto read = ReadCheckpoint(path, "abc");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->threads, 2);
  EXPECT_EQ(read->position.epoch, 3);
  EXPECT_EQ(read->position.step_in_epoch, 17);
  EXPECT_EQ(read->position.step, 347);
  EXPECT_EQ(read->position.loss_sum, 0.1 + 0.2);
  EXPECT_EQ(read->position.loss_count, 99);
  EXPECT_EQ(read->position.history.epochs()[0].train_loss, 1.0 / 3);
  EXPECT_EQ(read->tensors, Sample().tensors);
}

TEST(Checkpoint, ForeignOrDamagedOnesAreNotUsed) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "checkpoint.safetensors";
  EXPECT_FALSE(ReadCheckpoint(path, "abc").has_value());
  WriteCheckpoint(path, Sample());
  EXPECT_FALSE(ReadCheckpoint(path, "other").has_value());
  const std::string bytes = ReadFile(path);
  WriteFileDurably(path, bytes.substr(0, bytes.size() - 1));
  EXPECT_FALSE(ReadCheckpoint(path, "abc").has_value());
  nets::WriteSafetensors(path, {});
  EXPECT_FALSE(ReadCheckpoint(path, "abc").has_value());
}

class StateOf : public testing::TestWithParam<const char*> {};

TEST_P(StateOf, GoesOnAsIfNeverInterrupted) {
  const TrainJob job = JobWith(GetParam());
  State straight(SmallGraph(), job);
  Advance(straight, 3);
  State resumed(SmallGraph(), job);
  resumed.Restore(straight.Save());
  EXPECT_EQ(resumed.Save(), straight.Save());
  Advance(straight, 3);
  Advance(resumed, 3);
  EXPECT_EQ(resumed.Save(), straight.Save());
}

INSTANTIATE_TEST_SUITE_P(Optimizers, StateOf, testing::Values("adam", "adamw", "lion", "sgd"));

TEST(State, AMissingTensorIsCorrupt) {
  const TrainJob job = JobWith("sgd");
  State state(SmallGraph(), job);
  nets::WeightMap saved = state.Save();
  saved.erase("ema.classifier.bias");
  try {
    state.Restore(saved);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kCorrupt);
  }
}

}  // namespace
}  // namespace keelrow::train
