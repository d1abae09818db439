// Large bodies: photos for a convolutional network, and tensors of 150 k numbers.
#include <fmt/format.h>

#include <algorithm>

#include "asking.h"
#include "base/random.h"
#include "grpc_load.h"
#include "peers.h"
#include "photos.h"

namespace keelrow::bench {
namespace {

constexpr int kConnections = 8;
constexpr int kPhotosAsked = 16;
constexpr int kTensorConnections = 4;
constexpr int64_t kEdge = 224;
constexpr int kTensorsAsked = 4;

QuestionsOf PhotosAt(const std::string& target) {
  return [=](const Places& places) {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::recursive_directory_iterator(Photos(places))) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
    std::ranges::sort(paths);
    paths.resize(std::min<size_t>(paths.size(), kPhotosAsked));
    Questions questions;
    for (const fs::path& path : paths) {
      questions.asks.push_back({.target = target, .type = "image/jpeg", .body = ReadFile(path)});
    }
    return questions;
  };
}

Case Jpeg(const std::string& peer, const std::string& about, Start start,
          const std::string& target) {
  const Start ours = [](const Places& places) {
    return StartOurs(places, {.model = "photo", .set = {"serve.rate_limit.all.rate=0"}});
  };
  return {.suite = "serving",
          .name = "jpeg_c8",
          .peer = peer,
          .unit = "answers/s",
          .more_is_better = true,
          .help = fmt::format(
              "A photo of ImageNet's (JPEG) decoded, resized to 224x224 and classified by "
              "EfficientNet-Lite0 with the same weights, over 8 connections. Ours is `keelrow up`; "
              "theirs {}. Right when the probabilities of {} photos, asked meanwhile, agree.",
              about, kPhotosAsked),
          .limit =
              "Arithmetic: 72 % of ours is in the kernels that the engine has generated, 11 % in "
              "libjpeg, 6 % in resizing and normalizing; HTTP is 2 %.",
          .ours = UnderLoad(ours, PhotosAt("/predict"), kConnections, PerSecond),
          .theirs = UnderLoad(std::move(start), PhotosAt(target), kConnections, PerSecond),
          .fault = Fault,
          .data = kPhotos};
}

std::vector<float> Numbers(int which) {
  Random random(7, fmt::format("tensor {}", which));
  std::vector<float> numbers(static_cast<size_t>(3 * kEdge * kEdge));
  for (float& number : numbers) number = static_cast<float>(random.Uniform(-1, 1));
  return numbers;
}

Json InputHead() {
  return {{"name", "input"}, {"datatype", "FP32"}, {"shape", {1, 3, kEdge, kEdge}}};
}

Ask AsJson(const std::vector<float>& numbers) {
  std::string input = InputHead().dump();
  input.pop_back();  // the bracket: each number in as few digits as give it back
  return {
      .target = "/v2/models/tensor/infer",
      .body = fmt::format("{{\"inputs\":[{},\"data\":[{}]}}]}}", input, fmt::join(numbers, ","))};
}

Ask AsBinary(const std::vector<float>& numbers) {
  const std::string bytes(reinterpret_cast<const char*>(numbers.data()),
                          numbers.size() * sizeof(float));
  Json input = InputHead();
  input["parameters"] = {{"binary_data_size", bytes.size()}};
  const std::string head = Json{{"inputs", {input}}}.dump();
  return {.target = "/v2/models/tensor/infer",
          .type = "application/octet-stream",
          .headers = {{"Inference-Header-Content-Length", std::to_string(head.size())}},
          .body = head + bytes};
}

QuestionsOf Tensors(Ask (*form)(const std::vector<float>&)) {
  return [=](const Places&) {
    Questions questions;
    for (int i = 0; i < kTensorsAsked; ++i) questions.asks.push_back(form(Numbers(i)));
    return questions;
  };
}

std::unique_ptr<Service> StartTensor(const Places& places) {
  return StartOurs(places, {.model = "tensor", .set = {"serve.rate_limit.all.rate=0"}});
}

Side OverGrpc() {
  std::vector<GrpcAsk> asks;
  for (int i = 0; i < kTensorsAsked; ++i) {
    asks.push_back({.model = "tensor",
                    .input = "input",
                    .shape = {1, 3, kEdge, kEdge},
                    .numbers = Numbers(i)});
  }
  return UnderGrpcLoad(StartTensor, std::move(asks), AsJson(Numbers(0)), kTensorConnections);
}

Case Tensor(const std::string& name, const std::string& how, const std::string& limit, Side ours) {
  return {.suite = "serving",
          .name = name,
          .peer = "json",
          .unit = "answers/s",
          .more_is_better = true,
          .help = fmt::format(
              "150,528 numbers (FP32, 1x3x224x224) to a network that only averages them, by the "
              "Open Inference Protocol over 4 connections: {} against the same numbers in JSON, "
              "both to `keelrow up`. Right when the answers agree.",
              how),
          .limit = limit,
          .ours = std::move(ours),
          .theirs = UnderLoad(StartTensor, Tensors(AsJson), kTensorConnections, PerSecond),
          .fault = Fault};
}

std::vector<Case> TensorCases() {
  return {
      Tensor("tensor_binary", "as a binary tensor",
             "The kernel and its copies: 600 kB come out of the socket, and are copied once more "
             "into the tensor. In JSON the same numbers are 1.7 MB of text; reading them costs the "
             "digits, the first touch of the parser's memory, and a copy of the text.",
             UnderLoad(StartTensor, Tensors(AsBinary), kTensorConnections, PerSecond)),
      Tensor("tensor_grpc", "by gRPC (`raw_input_contents`, asked by h2load)",
             "As tensor_binary, in frames of 16 kB.", OverGrpc())};
}

}  // namespace

std::vector<Case> BodyCases() {
  const Start torchserve = [](const Places& places) {
    return StartTorchServe(places, {.model = "photo", .workers = places.threads, .batch = 4});
  };
  const Start fastapi = [](const Places& places) {
    return StartFastApi(places, {.model = "photo", .workers = places.threads});
  };
  std::vector<Case> cases = {
      Jpeg("torchserve",
           "TorchServe with a worker a core, batches of up to 4, PyTorch eager, channels-last "
           "and Pillow",
           torchserve, "/predictions/photo"),
      Jpeg("fastapi", "FastAPI under uvicorn with a worker a core and the same PyTorch", fastapi,
           "/predict")};
  for (Case& one : TensorCases()) cases.push_back(std::move(one));
  return cases;
}

}  // namespace keelrow::bench
