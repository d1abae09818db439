// A ModelInferRequest is understood, with tensors that are as their shapes say, or refused as the
// client's fault. gRPC's frames come apart the same way however they are cut.
#include <algorithm>

#include "http/body_reader.h"
#include "open_inference/open_inference_proto.h"
#include "require.h"

namespace keelrow::fuzz {
namespace {

void CheckMessage(std::string_view message) {
  try {
    const open_inference::InferRequest request = open_inference::ReadInferMessage(message);
    Require(!request.inputs.empty(), "a request asks about something");
    for (const open_inference::NamedTensor& input : request.inputs) {
      const auto count = static_cast<size_t>(input.tensor.Count());
      Require(!input.name.empty(), "an input has a name");
      Require(input.bytes ? input.texts.size() == count
                          : input.tensor.bytes.size() == count * SizeOf(input.tensor.dtype),
              "an input is as its shape says");
    }
  } catch (const Error& error) {
    const int status = Info(error.code()).http_status;
    Require(status == 400 || status == 422, "a refusal is the client's fault");
  }
}

/// All messages, and what ended them.
std::string Apart(std::string_view bytes, size_t piece) {
  http::BodyReader reader(http::BodyReader::Framing::kMessages, http::Coding::kGzip,
                          {.bytes_max = 4096});
  std::string seen, body;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    std::string_view input = bytes.substr(at, piece);
    auto step = http::BodyReader::Step::kMessage;
    while (!input.empty() || step == http::BodyReader::Step::kWorking) {
      const size_t before = input.size() + body.size();
      const auto taken = reader.Take(input, body);
      if (!taken) return seen + "!" + std::string(Info(taken.error().code()).name);
      step = *taken;
      if (step == http::BodyReader::Step::kMessage) seen += std::exchange(body, {}) + "|";
      if (step == http::BodyReader::Step::kHungry && before == input.size() + body.size()) break;
    }
    Require(body.size() <= 4096 + http::Inflater::kStepBytes, "the limit of a message holds");
  }
  return seen + (reader.FaultAtEnd() ? "?" : ".");
}

void Check(std::string_view bytes) {
  CheckMessage(bytes);
  Require(Apart(bytes, 1) == Apart(bytes, std::max<size_t>(bytes.size(), 1)),
          "frames come apart the same way however they are cut");
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  keelrow::fuzz::Check(keelrow::fuzz::Text(data, size));
  return 0;
}
