#include "predictions/examples.h"

#include <algorithm>

#include "base/base64.h"
#include "data/image_encode.h"

namespace keelrow::predictions {
namespace {

using models::ServedModel;

constexpr int kEdge = 32;       // of a picture for a network that takes any size
constexpr int kEdgeMax = 1024;  // larger ones would make the description large
constexpr int kSteps = 8;

/// Coloured squares: of any size a few hundred bytes as PNG.
data::Image Squares(int width, int height) {
  data::Image image = data::Image::Blank(width, height, 3);
  for (int y = 0; y < height; ++y) {
    uint8_t* pixel = image.Row(y);
    for (int x = 0; x < width; ++x, pixel += 3) {
      pixel[0] = static_cast<uint8_t>(x * kSteps / width * 32);
      pixel[1] = static_cast<uint8_t>(y * kSteps / height * 32);
      pixel[2] = 128;
    }
  }
  return image;
}

/// Of the network's own size, which passes whether the preprocessing resizes or not.
int EdgeOf(const ServedModel& model, size_t axis) {
  const std::vector<int64_t>& shape = model.session().Inputs().at(0).shape;
  if (shape.size() != 4 || shape[axis] <= 0) return kEdge;
  return static_cast<int>(std::min<int64_t>(shape[axis], kEdgeMax));
}

bool HasJson(DType dtype) {
  return dtype != DType::kFloat16 && dtype != DType::kBFloat16;
}

/// Small numbers that differ: 0 and 1 of whole ones, which are in range of any embedding.
Json Number(DType dtype, int64_t index) {
  if (dtype == DType::kBool) return index % 2 == 1;
  if (dtype == DType::kFloat32 || dtype == DType::kFloat64) {
    return static_cast<double>(index % 10) / 10;
  }
  return index % 2;
}

Json Nested(DType dtype, const std::vector<int64_t>& shape, size_t axis, int64_t& index) {
  if (axis == shape.size()) return Number(dtype, index++);
  Json list = Json::array();
  for (int64_t i = 0; i < shape[axis]; ++i) list.push_back(Nested(dtype, shape, axis + 1, index));
  return list;
}

/// Free axes are 1 long, as they are when a model is warmed up.
Json ExampleTensor(const bundle::TensorSpec& spec) {
  if (!HasJson(spec.dtype)) return nullptr;
  std::vector<int64_t> shape = spec.shape;
  std::ranges::replace(shape, -1, 1);
  int64_t count = 1;
  for (const int64_t extent : shape) {
    if (extent > kExampleNumbers) return nullptr;
    count *= extent;
    if (count > kExampleNumbers) return nullptr;
  }
  int64_t index = 0;
  return Nested(spec.dtype, shape, 0, index);
}

}  // namespace

std::string ExampleFile(const ServedModel& model) {
  const engine::Predictor* predictor = model.predictor();
  if (predictor == nullptr || predictor->DecodedKind() != transforms::Kind::kImage) return {};
  std::string file = data::EncodePng(Squares(EdgeOf(model, 3), EdgeOf(model, 2)));
  try {
    predictor->Prepare(file);
  } catch (const Error&) {
    return {};  // a preprocessing that wants another size than the network's
  }
  return file;
}

Json ExampleTensors(const ServedModel& model) {
  Json tensors = Json::object();
  for (const bundle::TensorSpec& spec : model.session().Inputs()) {
    Json tensor = ExampleTensor(spec);
    if (tensor.is_null()) return nullptr;
    tensors[spec.name] = std::move(tensor);
  }
  return tensors;
}

Json ExampleInstances(const ServedModel& model) {
  if (model.predictor() != nullptr) {
    const std::string file = ExampleFile(model);
    if (file.empty()) return nullptr;
    return Json::array({Json{{"b64", EncodeBase64(file)}}});
  }
  const Json tensors = ExampleTensors(model);
  if (tensors.is_null() || tensors.empty()) return nullptr;
  if (tensors.size() == 1) return tensors.front().is_array() ? tensors.front() : Json(nullptr);
  Json instances = Json::array();
  for (const auto& [name, rows] : tensors.items()) {
    if (!rows.is_array() || rows.size() != tensors.front().size()) return nullptr;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (instances.size() <= i) instances.push_back(Json::object());
      instances[i][name] = rows[i];
    }
  }
  return instances;
}

}  // namespace keelrow::predictions
