#include <gtest/gtest.h>

#include "models/sequence_network_for_test.h"
#include "serve/service_for_test.h"

// Sequences that are padded (models/sequence_buckets.h), through the whole service.
namespace keelrow::serve {
namespace {

using namespace std::chrono_literals;

class SequencesTest : public ServiceTest {
 protected:
  void StartPadding(const std::map<std::string, double>& pad) {
    MakeFolders(folder_.path() / "models");
    WriteFileDurably(folder_.path() / "models/encoder.onnx", models::SequenceNetwork());
    ModelServiceOptions options = Options();
    options.model = "encoder";
    options.config.models.folder = "models";
    options.config.models.settings["encoder"].sequence = {.axis = 1, .buckets = {4, 8}, .pad = pad};
    Start(options);
    ASSERT_TRUE(service_->WaitUntilReady(60s));
  }

  /// The outputs by name, as numbers.
  std::map<std::string, Json> Encode(const std::vector<int64_t>& words) const {
    const int64_t length = std::ssize(words);
    const std::vector<int64_t> mask(words.size(), 1);
    const auto input = [&](const char* name, const std::vector<int64_t>& values) {
      return Json{{"name", name}, {"datatype", "INT64"}, {"shape", {1, length}}, {"data", values}};
    };
    const Json question = {{"inputs", {input("input_ids", words), input("attention_mask", mask)}}};
    const http::Response answer =
        Connect().Post("/v2/models/encoder/infer", question.dump(), WithToken("application/json"));
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::map<std::string, Json> outputs;
    const Json json = Json::parse(answer.body);
    for (const Json& output : json.at("outputs")) outputs[output.at("name")] = output;
    return outputs;
  }

  /// The first number of each word's three.
  static float FirstOf(int64_t word) {
    return static_cast<float>((word * models::kWidth * 7) % 13) / 4 - 1;
  }
};

TEST_F(SequencesTest, AnswersAreCutBackToTheLengthThatWasAsked) {
  StartPadding({});
  for (const std::vector<int64_t>& words :
       {std::vector<int64_t>{3}, {5, 1, 7, 2, 9}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}) {
    const auto outputs = Encode(words);
    EXPECT_EQ(outputs.at("hidden").at("shape"), Json({1, words.size(), models::kWidth}));
    float sum = 0;
    for (size_t i = 0; i < words.size(); ++i) {
      EXPECT_NEAR(outputs.at("hidden").at("data").at(i * models::kWidth), FirstOf(words[i]), 1e-6);
      sum += FirstOf(words[i]);
    }
    EXPECT_NEAR(outputs.at("pooled").at("data").at(0), sum / static_cast<float>(words.size()),
                1e-5);
  }
}

/// A mask of ones behind the end shows what the network has been asked.
TEST_F(SequencesTest, ArePaddedAsConfigured) {
  StartPadding({{"input_ids", 4}, {"attention_mask", 1}});
  const auto outputs = Encode({3});
  EXPECT_EQ(outputs.at("hidden").at("shape"), Json({1, 1, models::kWidth}));
  EXPECT_NEAR(outputs.at("pooled").at("data").at(0), (FirstOf(3) + 3 * FirstOf(4)) / 4, 1e-5);
}

}  // namespace
}  // namespace keelrow::serve
