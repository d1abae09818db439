#include "predictions/preparation.h"

#include <fmt/format.h>

#include "data/image_decode.h"

namespace keelrow::predictions {
namespace {

/// Throws kLimit for a picture, decoded or not, of more pixels than `most`.
void RequirePixels(const transforms::Payload& example, int64_t most) {
  int64_t width = 0;
  int64_t height = 0;
  if (const auto* image = std::get_if<data::Image>(&example)) {
    width = image->width;
    height = image->height;
  } else if (const auto* file = std::get_if<std::string>(&example)) {
    const auto header = data::ReadImageHeader(std::as_bytes(std::span(*file)));
    if (!header) return;  // the decoder says what is wrong with it
    width = header->width;
    height = header->height;
  }
  if (width * height <= most) return;
  throw Error(Code::kLimit,
              fmt::format("the picture claims {} x {} pixels, but at most {} are taken", width,
                          height, most));
}

Tensor PrepareOne(const engine::Predictor& predictor, transforms::Payload example,
                  int64_t pixels_max) {
  if (predictor.DecodedKind() == transforms::Kind::kImage) RequirePixels(example, pixels_max);
  return predictor.Prepare(std::move(example));
}

/// Nothing, and the reason, for one that cannot be brought or is of no use.
std::optional<Tensor> BringOne(const engine::Predictor& predictor, const Question& question,
                               size_t number, int64_t pixels_max, std::string& fault) {
  try {
    return PrepareOne(predictor, question.bring(number), pixels_max);
  } catch (const Error& failure) {
    if (failure.code() == Code::kInternal) throw;
    fault = failure.message();
    return std::nullopt;
  }
}

Tensor Joined(std::vector<Tensor> tensors) {
  if (tensors.empty()) return {};
  if (tensors.size() == 1) return std::move(tensors.front());
  std::vector<const Tensor*> parts;
  for (const Tensor& tensor : tensors) parts.push_back(&tensor);
  return Concatenate(parts);
}

}  // namespace

Prepared Prepare(const models::ServedModel& model, Question& question, int64_t pixels_max) {
  const engine::Predictor* predictor = model.predictor();
  if (predictor == nullptr) {
    throw Error(Code::kBadExample,
                fmt::format("`{}` is a bare network: it takes tensors only", model.name()));
  }
  Prepared prepared;
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < question.examples.size(); ++i) {
    std::optional<Tensor> tensor =
        question.bring
            ? BringOne(*predictor, question, i, pixels_max, prepared.faults.emplace_back())
            : PrepareOne(*predictor, std::move(question.examples[i]), pixels_max);
    prepared.looks.push_back(tensor ? tensor->Rows() : 0);
    if (tensor) tensors.push_back(*std::move(tensor));
  }
  prepared.input = Joined(std::move(tensors));
  return prepared;
}

}  // namespace keelrow::predictions
