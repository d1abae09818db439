#include "models/sequence_buckets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <latch>

#include "base/files.h"
#include "models/sequence_network_for_test.h"
#include "models/served_model.h"

namespace keelrow::models {
namespace {

using testing::HasSubstr;
using Outcome = Expected<std::vector<Tensor>>;

/// Words, and a mask of ones, of `rows` sequences.
std::vector<Tensor> Sequence(int64_t length, int64_t rows = 1) {
  std::vector<int64_t> words;
  for (int64_t i = 0; i < rows * length; ++i) words.push_back((3 * i + length) % kWords);
  return {Tensor::Of({rows, length}, words),
          Tensor::Of({rows, length}, std::vector<int64_t>(words.size(), 1))};
}

SequenceOptions Options() {
  return {.buckets = {4, 8, 16}};
}

class SequencesTest : public testing::Test {
 protected:
  SequencesTest() { WriteFileDurably(file(), SequenceNetwork()); }

  fs::path file() const { return folder_.path() / "model.onnx"; }

  std::shared_ptr<ServedModel> Load(const SequenceOptions& options) {
    return ServedModel::Load({.model = "m", .version = "1", .path = file()},
                             {.lane = {.rows_max = 8}, .sequence = options}, executor_);
  }

  static std::future<Outcome> Submit(const ServedModel& model, std::vector<Tensor> inputs) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    auto future = promise->get_future();
    EXPECT_TRUE(model.Submit({.inputs = std::move(inputs), .answer = [promise](Outcome outcome) {
                                promise->set_value(std::move(outcome));
                              }}));
    return future;
  }

  /// Those that come while the only thread is busy with something else.
  std::vector<std::vector<Tensor>> AskTogether(const ServedModel& model,
                                               const std::vector<std::vector<Tensor>>& questions) {
    std::latch busy(1);
    std::promise<void> go;
    const auto other = executor_.Open({}, [&](std::span<const Tensor>) {
      busy.count_down();
      go.get_future().wait();
      return std::vector<Tensor>{};
    });
    Job blocker{.inputs = {Tensor::Zeros(DType::kFloat32, {1})}, .answer = [](Outcome) {}};
    EXPECT_TRUE(executor_.Submit(other, std::move(blocker)));
    busy.wait();
    std::vector<std::future<Outcome>> futures;
    for (const auto& question : questions) futures.push_back(Submit(model, question));
    go.set_value();
    std::vector<std::vector<Tensor>> answers;
    for (auto& future : futures) answers.push_back(future.get().Value());
    return answers;
  }

  std::string MessageOf(const SequenceOptions& options) {
    try {
      Load(options);
    } catch (const Error& error) {
      return error.what();
    }
    return "it was taken";
  }

  TemporaryFolder folder_;
  Executor executor_{1};
};

/// What is computed word by word to the bit; sums over more zeros may round otherwise.
void ExpectSame(const std::vector<Tensor>& got, const std::vector<Tensor>& wanted) {
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0], wanted[0]);
  ASSERT_EQ(got[1].shape, wanted[1].shape);
  for (size_t i = 0; i < got[1].As<float>().size(); ++i) {
    EXPECT_NEAR(got[1].As<float>()[i], wanted[1].As<float>()[i], 1e-6);
  }
}

TEST_F(SequencesTest, AnswersAreThoseWithoutPadding) {
  const auto model = Load(Options());
  for (int64_t length = 1; length <= 18; ++length) {  // the last two are longer than the buckets
    for (const int64_t rows : {1, 3}) {
      const std::vector<Tensor> question = Sequence(length, rows);
      const auto answer = Submit(*model, question).get().Value();
      ExpectSame(answer, model->session().Run(question));
      EXPECT_EQ(answer.at(0).shape, (std::vector<int64_t>{rows, length, kWidth}));
    }
  }
}

TEST_F(SequencesTest, OfOneBucketRunTogether) {
  const auto model = Load(Options());
  const std::vector<std::vector<Tensor>> questions = {Sequence(5), Sequence(7), Sequence(8)};
  const auto answers = AskTogether(*model, questions);
  for (size_t i = 0; i < questions.size(); ++i) {
    ExpectSame(answers[i], model->session().Run(questions[i]));
  }
  const LaneStats stats = model->Stats();
  ASSERT_EQ(stats.batches.size(), 1U);
  EXPECT_EQ(stats.batches.at(3).runs, 1U);
}

TEST_F(SequencesTest, WithoutBucketsEachLengthRunsAlone) {
  const auto model = Load({});
  AskTogether(*model, {Sequence(5), Sequence(7)});
  EXPECT_EQ(model->Stats().batches.at(1).runs, 2U);
}

TEST_F(SequencesTest, OfTwoBucketsAndBeyondTheLastRunApart) {
  const auto model = Load(Options());
  AskTogether(*model, {Sequence(3), Sequence(7), Sequence(17), Sequence(18)});
  EXPECT_EQ(model->Stats().batches.at(1).runs, 4U);
}

TEST_F(SequencesTest, ArePaddedWithWhatTheSettingSays) {
  SequenceOptions options = Options();
  options.pad = {{"input_ids", 9}, {"attention_mask", 1}};
  const auto model = Load(options);
  const std::vector<Tensor> question = {Tensor::Of({1, 2}, std::vector<int64_t>{1, 2}),
                                        Tensor::Of({1, 2}, std::vector<int64_t>{1, 1})};
  const std::vector<Tensor> filled = {Tensor::Of({1, 4}, std::vector<int64_t>{1, 2, 9, 9}),
                                      Tensor::Of({1, 4}, std::vector<int64_t>{1, 1, 1, 1})};
  const auto answer = Submit(*model, question).get().Value();
  EXPECT_EQ(answer.at(1), model->session().Run(filled).at(1));
  EXPECT_NE(answer.at(1), model->session().Run(question).at(1)) << "the mask hid nothing";
}

/// `pooled` is 3 wide, whatever the length.
TEST_F(SequencesTest, AnOutputThatOnlyHappensToBeAsLongIsNotCut) {
  const auto model = Load({.buckets = {3}});
  const std::vector<Tensor> question = Sequence(2);
  ExpectSame(Submit(*model, question).get().Value(), model->session().Run(question));
}

TEST_F(SequencesTest, WhatCannotBePaddedRunsAsItIs) {
  const engine::Session session = engine::Session::Open(file());
  const SequenceBuckets buckets(Options(), session);
  EXPECT_TRUE(buckets.Pad(Sequence(5)));
  EXPECT_FALSE(buckets.Pad(Sequence(8)));
  EXPECT_FALSE(buckets.Pad(Sequence(17)));
  EXPECT_FALSE(buckets.Pad(Sequence(0)));
  EXPECT_FALSE(buckets.Pad(std::vector{Sequence(5)[0], Sequence(6)[1]})) << "they differ in length";
}

/// A body of ten megabytes must not become one of many.
TEST_F(SequencesTest, PaddingIsBoundedAttack) {
  const engine::Session session = engine::Session::Open(file());
  const SequenceBuckets buckets({.buckets = {1000}}, session);
  EXPECT_TRUE(buckets.Pad(Sequence(1, 4000)));
  EXPECT_FALSE(buckets.Pad(Sequence(1, 5000)));
}

TEST_F(SequencesTest, AJobThatFindsNoRoomIsUntouched) {
  const auto model =
      ServedModel::Load({.model = "m", .version = "1", .path = file()},
                        {.lane = {.queue_max = 0}, .sequence = Options()}, executor_);
  const std::vector<Tensor> question = Sequence(5);
  Job job{.inputs = question, .answer = [](Outcome) {}};
  EXPECT_FALSE(model->Submit(std::move(job)));
  EXPECT_EQ(job.inputs, question);  // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(job.answer);
}

TEST_F(SequencesTest, WhatDoesNotFitTheNetworkIsRefused) {
  EXPECT_THAT(MessageOf({.axis = 2, .buckets = {4}}),
              HasSubstr("no input of the network has a free axis 2 (it takes input_ids [-1, -1], "
                        "attention_mask [-1, -1])"));
  EXPECT_THAT(MessageOf({.buckets = {4}, .pad = {{"ids", 1}}}),
              HasSubstr("the network has no input `ids`"));
  EXPECT_THAT(MessageOf({.buckets = {4}, .pad = {{"input_ids", 0.5}}}),
              HasSubstr("`input_ids` is of int64, and cannot be padded with 0.5"));
  EXPECT_THAT(MessageOf({.buckets = {4}, .pad = {{"input_ids", 1e19}}}), HasSubstr("cannot be"));
  EXPECT_THAT(MessageOf({.axis = 0, .buckets = {4}}), HasSubstr("behind the batch's"));
  EXPECT_THAT(MessageOf({.buckets = {8, 4}}), HasSubstr("lengths that grow"));
}

}  // namespace
}  // namespace keelrow::models
