#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "http/raw_connection.h"
#include "serve/service_for_test.h"

namespace keelrow::serve {
namespace {

using testing::HasSubstr;

class Predict : public ServiceTest {
 protected:
  void SetUp() override { StartReady(); }

  static Json Rows(const data::Image& image) {
    Json rows = Json::array();
    for (int y = 0; y < image.height; ++y) {
      Json row = Json::array();
      for (int x = 0; x < image.width; ++x) {
        const uint8_t* pixel = image.Row(y) + x * image.channels;
        if (image.channels == 1) row.push_back(*pixel);
        if (image.channels == 3) row.push_back({pixel[0], pixel[1], pixel[2]});
      }
      rows.push_back(std::move(row));
    }
    return rows;
  }

  static std::string Form(const std::string& png) {
    return "--b\r\nContent-Disposition: form-data; name=\"request_id\"\r\n\r\nf-1\r\n"
           "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n"
           "Content-Type: image/png\r\n\r\n" +
           png + "\r\n--b--\r\n";
  }

  /// Every form in which /predict takes a picture.
  std::vector<http::Response> AskInAllForms(const data::Image& image) const {
    const std::string png = data::EncodePng(image);
    const std::string text = EncodeBase64(png);
    return {AskJson({{"input_data", text}}),
            AskJson({{"input_data", "data:image/png;base64," + text}}),
            AskJson({{"input_data", text.substr(0, 8) + "\n" + text.substr(8)}}),
            AskJson({{"input_data", Rows(image)}}),
            AskJson({{"input_data", Rows(data::ConvertTo(data::ColorMode::kRgb, image))}}),
            Ask("multipart/form-data; boundary=b", Form(png)),
            Ask("image/png", png),
            Ask("application/octet-stream", png)};
  }

  /// "status type loc" of the first fault.
  std::string Refusal(const std::string& content_type, const std::string& body) const {
    const http::Response response = Ask(content_type, body);
    const Json detail = Json::parse(response.body).value("detail", Json());
    if (!detail.is_array()) return fmt::format("{} {}", response.status, detail.dump());
    return fmt::format("{} {} {}", response.status, detail[0]["type"].get<std::string>(),
                       detail[0]["loc"].dump());
  }
  std::string Refusal(const std::string& body) const { return Refusal("application/json", body); }
};

TEST(PredictFloats, EveryFloatSurvivesItsDecimalText) {
  const uint64_t seed = 11;
  Random random(seed, "floats");
  for (int i = 0; i < 200'000; ++i) {
    const auto value = std::bit_cast<float>(static_cast<uint32_t>(random.Next()));
    if (!std::isfinite(value)) continue;
    const float back = Json::parse(Json(value).dump()).get<float>();
    ASSERT_EQ(std::bit_cast<uint32_t>(back), std::bit_cast<uint32_t>(value))
        << value << ", draw " << i << " of seed " << seed;
  }
}

/// The scores as floats, by the labels' order.
std::vector<float> ScoresOf(const http::Response& response, const bundle::Manifest& manifest) {
  const Json answer = Json::parse(response.body);
  std::vector<float> scores;
  for (const std::string& label : manifest.labels) {
    scores.push_back(answer.at("result").at("probabilities").at(label).get<float>());
  }
  return scores;
}

TEST_F(Predict, AllFormsAnswerAsOfflineBitForBit) {
  const engine::Predictor offline = Offline(1);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const data::Image image = NoisePicture(seed);
    const std::vector<float> expected = offline.Scores(data::EncodePng(image));
    const Json rendered = offline.Render(expected);
    for (const http::Response& response : AskInAllForms(image)) {
      ASSERT_EQ(response.status, 200) << response.body;
      EXPECT_EQ(ScoresOf(response, offline.manifest()), expected) << "seed " << seed;
      EXPECT_EQ(Json::parse(response.body)["result"], rendered);
    }
  }
}

TEST_F(Predict, TheAnswerNamesModelAndRequest) {
  const std::string text = EncodeBase64(data::EncodePng(NoisePicture(1)));
  const http::Response given = AskJson({{"input_data", text}, {"request_id", "r-7"}});
  EXPECT_EQ(Json::parse(given.body)["request_id"], "r-7");
  EXPECT_EQ(Json::parse(given.body)["model"], Json::parse(R"({"name": "tiny", "version": 1})"));
  const http::Response made = AskJson({{"input_data", text}, {"request_id", nullptr}});
  EXPECT_EQ(Json::parse(made.body)["request_id"], made.headers.Find("x-request-id"));
  const http::Response form =
      Ask("multipart/form-data; boundary=b", Form(data::EncodePng(NoisePicture(1))));
  EXPECT_EQ(Json::parse(form.body)["request_id"], "f-1");
}

TEST_F(Predict, WhatIsNoRequestIsRefusedAsFastApiDoes) {
  EXPECT_EQ(Refusal(""), R"(422 missing ["body"])");
  EXPECT_EQ(Refusal("null"), R"(422 missing ["body"])");
  EXPECT_EQ(Refusal("{}"), R"(422 missing ["body","input_data"])");
  EXPECT_EQ(Refusal("[1, 2]"), R"(422 model_attributes_type ["body"])");
  EXPECT_EQ(Refusal("7"), R"(422 model_attributes_type ["body"])");
  EXPECT_EQ(Refusal("text/plain", "{}"), R"(422 model_attributes_type ["body"])");
  EXPECT_EQ(Refusal("{\"input_data\": }"), R"(422 json_invalid ["body",15])");
  EXPECT_EQ(Refusal("{\n\"ü\": }"), R"(422 json_invalid ["body",7])");
  EXPECT_EQ(Refusal("{\"input_data\": [[NaN]]}"), R"(422 json_invalid ["body",17])");
  EXPECT_EQ(Refusal("{\"input_data\": \"\xFF\"}"), R"(400 "There was an error parsing the body")");
  EXPECT_EQ(Refusal(R"({"input_data": 7})"), R"(422 list_type ["body","input_data"])");
  EXPECT_EQ(Refusal(R"({"input_data": [[1, "x"]]})"),
            R"(422 float_parsing ["body","input_data",0,1])");
  EXPECT_EQ(Refusal(R"({"input_data": [[1]], "request_id": 7})"),
            R"(422 string_type ["body","request_id"])");
  EXPECT_EQ(Refusal("multipart/form-data; boundary=b", "--b--\r\n"),
            R"(422 missing ["body","file"])");
  EXPECT_EQ(Ask("multipart/form-data", "x").status, 400);
}

TEST_F(Predict, WhatIsNoPictureIsRefusedWithTheReason) {
  const std::string place = R"( ["body","input_data"])";
  EXPECT_EQ(Refusal(R"({"input_data": "not Base64!"})"), "422 base64_decode" + place);
  EXPECT_EQ(Refusal(R"({"input_data": "data:image/png,abc"})"), "422 base64_decode" + place);
  EXPECT_EQ(Refusal(R"({"input_data": ""})"), "422 base64_decode" + place);
  EXPECT_EQ(Refusal(R"({"input_data": "aGVsbG8="})"), "422 value_error" + place);
  EXPECT_EQ(Refusal("image/png", "hello"), "422 value_error" + place);
  const std::string png = data::EncodePng(NoisePicture(1));
  EXPECT_EQ(Refusal("image/png", png.substr(0, png.size() / 2)), "422 value_error" + place);
  EXPECT_EQ(Refusal(R"({"input_data": [[1, 2], [3, 4]]})"), "422 value_error" + place)
      << "the network takes 8 x 8 and nothing resizes";
}

TEST_F(Predict, DeepJsonIsRefusedWithoutDescending) {
  for (const std::string& open : {std::string("["), std::string("{\"a\":")}) {
    std::string body = "{\"input_data\": ";
    for (int i = 0; i < 100'000; ++i) body += open;
    const http::Response response = Ask("application/json", body);
    EXPECT_EQ(response.status, 400);
    EXPECT_THAT(response.body, HasSubstr("deeper"));
  }
}

TEST_F(Predict, ABodyTooLargeOrTooSlowIsRefused) {
  EXPECT_EQ(Ask("image/png", std::string(17'000'000, 'x')).status, 413);
  ModelServiceOptions options = Options();
  options.config.limits.body_timeout.value = std::chrono::milliseconds(50);
  Start(options);
  http::RawConnection slow(service_->Port());
  slow.Send("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
  EXPECT_THAT(slow.Receive(), HasSubstr("HTTP/1.1 408"));
}

}  // namespace
}  // namespace keelrow::serve
