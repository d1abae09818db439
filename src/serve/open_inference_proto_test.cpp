#include "open_inference/open_inference_proto.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "serve/service_for_test.h"

namespace keelrow::serve {
namespace {

using protozero::pbf_reader;
using protozero::pbf_writer;
using testing::ElementsAre;
using testing::HasSubstr;

std::string Raw(const std::vector<float>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), 4 * numbers.size()};
}

struct Input {
  std::string name = "x";
  std::string datatype = "FP32";
  std::vector<int64_t> shape = {2};
  std::string contents = {};
};

void AddInput(std::string& message, const Input& input) {
  pbf_writer writer(message);
  pbf_writer tensor(writer, 5);
  tensor.add_string(1, input.name);
  tensor.add_string(2, input.datatype);
  tensor.add_packed_int64(3, input.shape.begin(), input.shape.end());
  if (!input.contents.empty()) tensor.add_message(5, input.contents);
}

std::string Asked(const Input& input, const std::vector<std::string>& raw = {}) {
  std::string message;
  AddInput(message, input);
  for (const std::string& bytes : raw) pbf_writer(message).add_bytes(7, bytes);
  return message;
}

template <class Write>
std::string Contents(Write write) {
  std::string contents;
  pbf_writer writer(contents);
  write(writer);
  return contents;
}

std::string WhyNot(const std::string& message) {
  try {
    open_inference::ReadInferMessage(message);
  } catch (const Error& error) {
    EXPECT_TRUE(error.code() == Code::kBadExample || error.code() == Code::kBadRequest);
    return error.message();
  }
  return "taken";
}

TEST(InferMessage, RawAndTypedTensorsAreTheSame) {
  const auto values = [](const std::string& message) {
    const open_inference::InferRequest request = open_inference::ReadInferMessage(message);
    const auto numbers = request.inputs.at(0).tensor.As<float>();
    return std::vector<float>(numbers.begin(), numbers.end());
  };
  const std::vector<float> numbers = {1.5F, -2};
  EXPECT_EQ(values(Asked({}, {Raw(numbers)})), numbers);
  EXPECT_EQ(values(Asked({.contents = Contents([&](pbf_writer& w) {
                            w.add_packed_float(6, numbers.begin(), numbers.end());
                          })})),
            numbers);
  EXPECT_EQ(values(Asked({.contents = Contents([&](pbf_writer& w) {
                            for (const float number : numbers)
                              w.add_float(6, number);  // not packed
                          })})),
            numbers);
}

TEST(InferMessage, EveryDatatypeHasItsContents) {
  const auto take = [](const char* datatype, auto write) {
    const open_inference::InferRequest request = open_inference::ReadInferMessage(
        Asked({.datatype = datatype, .contents = Contents(write)}));
    return request.inputs.at(0);
  };
  const std::vector<int32_t> small = {1, -2};
  const std::vector<uint32_t> large = {1, 250};
  const auto ints = [&](pbf_writer& w) { w.add_packed_int32(2, small.begin(), small.end()); };
  const auto uints = [&](pbf_writer& w) { w.add_packed_uint32(4, large.begin(), large.end()); };
  EXPECT_THAT(take("INT8", ints).tensor.As<int8_t>(), ElementsAre(1, -2));
  EXPECT_THAT(take("INT16", ints).tensor.As<int16_t>(), ElementsAre(1, -2));
  EXPECT_THAT(take("INT32", ints).tensor.As<int32_t>(), ElementsAre(1, -2));
  EXPECT_THAT(take("UINT8", uints).tensor.As<uint8_t>(), ElementsAre(1, 250));
  const auto bytes = take("BYTES", [](pbf_writer& w) {
    w.add_bytes(8, "a");
    w.add_bytes(8, "");
  });
  EXPECT_THAT(bytes.texts, ElementsAre("a", ""));
  const auto bools = take("BOOL", [](pbf_writer& w) {
    w.add_bool(1, true);
    w.add_bool(1, false);
  });
  EXPECT_THAT(bools.tensor.As<uint8_t>(), ElementsAre(1, 0));
}

TEST(InferMessage, HostileMessagesAreRefusedWithTheReason) {
  const std::string raw = Raw({1, 2});
  const auto floats = Contents([](pbf_writer& w) { w.add_float(6, 1); });
  EXPECT_EQ(WhyNot(Asked({}, {raw})), "taken");
  EXPECT_THAT(WhyNot(""), HasSubstr("no inputs"));
  EXPECT_THAT(WhyNot("no protobuf"), HasSubstr("no ModelInferRequest"));
  EXPECT_THAT(WhyNot(std::string("\x2a\xff\xff\xff\xff\x0f", 6)), HasSubstr("no ModelInfer"));
  EXPECT_THAT(WhyNot(Asked({.name = ""}, {raw})), HasSubstr("name"));
  EXPECT_THAT(WhyNot(Asked({.datatype = "STRING"}, {raw})), HasSubstr("datatype"));
  EXPECT_THAT(WhyNot(Asked({.shape = {-2}}, {raw})), HasSubstr("negative"));
  EXPECT_THAT(WhyNot(Asked({.shape = std::vector<int64_t>(33, 1)}, {raw})), HasSubstr("axes"));
  EXPECT_THAT(WhyNot(Asked({.shape = {int64_t{1} << 33, int64_t{1} << 33}}, {raw})),
              HasSubstr("more elements"));
  EXPECT_THAT(WhyNot(Asked({.shape = {int64_t{1} << 62}}, {raw})), HasSubstr("bytes"));
  EXPECT_THAT(WhyNot(Asked({}, {raw.substr(1)})), HasSubstr("bytes"));
  EXPECT_THAT(WhyNot(Asked({}, {raw, raw})), HasSubstr("raw_input_contents"));
  EXPECT_THAT(WhyNot(Asked({})), HasSubstr("no data"));
  EXPECT_THAT(WhyNot(Asked({.shape = {1}, .contents = floats}, {Raw({1})})), HasSubstr("and raw"));
  EXPECT_THAT(WhyNot(Asked({.contents = floats})), HasSubstr("another number of elements"));
  EXPECT_THAT(WhyNot(Asked({.datatype = "FP16", .contents = floats})), HasSubstr("raw_input"));
  EXPECT_THAT(WhyNot(Asked({.datatype = "INT8", .contents = floats})),
              HasSubstr("another datatype"));
  const auto wide = Contents([](pbf_writer& w) {
    w.add_int32(2, 300);
    w.add_int32(2, 1);
  });
  EXPECT_THAT(WhyNot(Asked({.datatype = "INT8", .contents = wide})), HasSubstr("does not fit"));
  const auto cut = Contents([](pbf_writer& w) { w.add_bytes(6, "abc"); });
  EXPECT_NE(WhyNot(Asked({.contents = cut})), "taken") << "three bytes are no floats";
  EXPECT_NE(WhyNot(Asked({.datatype = "BOOL", .shape = {1}, .contents = "\x08"})), "taken")
      << "a field without its value, at the end";
  const Input text{.datatype = "BYTES", .shape = {1}};
  EXPECT_EQ(WhyNot(Asked(text, {std::string("\1\0\0\0a", 5)})), "taken");
  EXPECT_THAT(WhyNot(Asked(text, {std::string("\2\0\0\0a", 5)})), HasSubstr("longer"));
  EXPECT_THAT(WhyNot(Asked(text, {std::string("\xff\xff\xff\xff", 4)})), HasSubstr("longer"));
  std::string many;
  for (size_t i = 0; i <= open_inference::kTensorsMax; ++i) AddInput(many, {});
  EXPECT_THAT(WhyNot(many), HasSubstr("too many"));
}

/// The whole way, as a gateway asks: bare messages over HTTP/1.1. What a gRPC client sees is in
/// tests/parity/serving_clients.py.
class GrpcService : public ServiceTest {
 protected:
  http::Response Ask(const std::string& method, const std::string& message,
                     std::vector<std::string> scopes = {"predict"}) {
    return Connect().Post("/inference.GRPCInferenceService/" + method, message,
                          {{"Content-Type", "application/grpc"},
                           {"Authorization", "Bearer " + Token(std::move(scopes))}});
  }
  static std::string Named(const std::string& model, const std::string& rest = {}) {
    std::string message;
    pbf_writer(message).add_string(1, model);
    return message + rest;
  }
  static std::string Files(const std::string& file) {
    std::string raw(4, '\0');
    const auto size = static_cast<uint32_t>(file.size());
    std::memcpy(raw.data(), &size, 4);
    return Asked({.name = "input_data", .datatype = "BYTES", .shape = {1}}, {raw + file});
  }
};

TEST_F(GrpcService, FilesGoThroughTheBundlesOwnPreprocessing) {
  StartReady();
  const std::string png = data::EncodePng(NoisePicture(3));
  const http::Response answer = Ask("ModelInfer", Named(kModelName, Files(png)));
  ASSERT_EQ(answer.status, 200) << answer.body;
  pbf_reader reader(answer.body);
  ASSERT_TRUE(reader.next(6));
  const std::string raw = reader.get_bytes();
  const std::vector<float> scores = Offline(1).Scores(png);
  ASSERT_EQ(raw.size(), 4 * scores.size());
  EXPECT_EQ(raw, Raw(scores));
  const http::Response streamed = Ask("ModelStreamInfer", Named("absent", Files(png)));
  EXPECT_EQ(streamed.status, 404);
  pbf_reader fault(streamed.body);
  ASSERT_TRUE(fault.next(1));
  EXPECT_EQ(fault.get_string(), "there is no model `absent`");
}

TEST_F(GrpcService, TheModelThatIsAllowedIsTheOneThatAnswers) {
  StartReady();
  const std::string png = data::EncodePng(NoisePicture(3));
  const std::string other = "predict:other", own = std::string("predict:") + kModelName;
  EXPECT_EQ(Ask("ModelInfer", Named(kModelName, Files(png)), {own}).status, 200);
  EXPECT_EQ(Ask("ModelInfer", Named(kModelName, Files(png)), {other}).status, 403);
  // Of two names the last counts in protobuf, here and for who checks.
  EXPECT_EQ(Ask("ModelInfer", Named("other", Named(kModelName, Files(png))), {other}).status, 403);
  EXPECT_EQ(Ask("ModelInfer", Named(kModelName, Named("other", Files(png))), {other}).status, 404);
  // Beyond the first fields nobody looks for it.
  std::string far;
  for (int i = 0; i < 20; ++i) pbf_writer(far).add_string(3, "id");
  EXPECT_EQ(Ask("ModelInfer", far + Named(kModelName, Files(png)), {other}).status, 403);
  EXPECT_EQ(Ask("RepositoryModelUnload", "", {"predict"}).status, 403);
}

TEST_F(GrpcService, HealthAndReflectionNeedNoToken) {
  StartReady();
  const auto open = [&](const std::string& path, const std::string& message) {
    return Connect().Post(path, message, {{"Content-Type", "application/grpc"}});
  };
  EXPECT_EQ(open("/grpc.health.v1.Health/Check", "").body, "\x08\x01");
  EXPECT_EQ(open("/grpc.health.v1.Health/Check", "\x0a\x01x").status, 404);
  std::string asked;
  pbf_writer(asked).add_string(4, "inference.ModelInferRequest.InferInputTensor");
  const auto files = open("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", asked).body;
  EXPECT_THAT(files, HasSubstr("grpc_service.proto"));
  EXPECT_THAT(files, HasSubstr("TYPE_BF16")) << "and what that file imports";
  for (const std::string& hostile : {std::string("\xff"), std::string("\x22\x7f", 2)}) {
    EXPECT_EQ(open("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", hostile).status,
              400);
    EXPECT_EQ(open("/grpc.health.v1.Health/Check", hostile).status, 400);
  }
}

}  // namespace
}  // namespace keelrow::serve
