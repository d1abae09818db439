#include "grpc_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <regex>

#include "base/error.h"
#include "program.h"

namespace keelrow::bench {
namespace {

constexpr const char* kMethod = "/inference.GRPCInferenceService/ModelInfer";
constexpr size_t kPrefix = 5;  // of a gRPC message: not compressed, four bytes of length
constexpr int kWarmUpSeconds = 2;
constexpr int kSeconds = 5;

// Fields of inference.ModelInferRequest, its InferInputTensor, and ModelInferResponse.
constexpr protozero::pbf_tag_type kModelName = 1;
constexpr protozero::pbf_tag_type kInputs = 5;
constexpr protozero::pbf_tag_type kRawInputs = 7;
constexpr protozero::pbf_tag_type kName = 1;
constexpr protozero::pbf_tag_type kDatatype = 2;
constexpr protozero::pbf_tag_type kShape = 3;
constexpr protozero::pbf_tag_type kRawOutputs = 6;

std::string Framed(const std::string& message) {
  std::string framed(kPrefix, '\0');
  for (size_t i = 1; i < kPrefix; ++i) {
    framed[i] = static_cast<char>(message.size() >> (8 * (kPrefix - 1 - i)));
  }
  return framed + message;
}

std::string BodyOf(const GrpcAsk& ask) {
  std::string message;
  protozero::pbf_writer request(message);
  request.add_string(kModelName, ask.model);
  {
    protozero::pbf_writer input(request, kInputs);
    input.add_string(kName, ask.input);
    input.add_string(kDatatype, "FP32");
    input.add_packed_int64(kShape, ask.shape.begin(), ask.shape.end());
  }
  request.add_bytes(kRawInputs, reinterpret_cast<const char*>(ask.numbers.data()),
                    ask.numbers.size() * sizeof(float));
  return Framed(message);
}

/// The numbers of all outputs; none where there is no such answer.
std::vector<double> NumbersOfReply(std::string_view body) {
  if (body.size() < kPrefix || body[0] != '\0') return {};
  size_t length = 0;
  for (const char c : body.substr(1, kPrefix - 1)) {
    length = length << 8U | static_cast<unsigned char>(c);
  }
  if (body.size() < kPrefix + length) return {};
  std::vector<double> numbers;
  protozero::pbf_reader reply(body.data() + kPrefix, length);
  while (reply.next(kRawOutputs)) {
    const auto bytes = reply.get_view();
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    numbers.insert(numbers.end(), values.begin(), values.end());
  }
  return numbers;
}

std::vector<std::string> Command(std::vector<std::string> program, uint16_t port,
                                 const fs::path& body) {
  const std::array<std::string, 5> more = {"-H", "content-type: application/grpc", "-H",
                                           "te: trailers",
                                           fmt::format("http://127.0.0.1:{}{}", port, kMethod)};
  program.insert(program.end(), {"-d", body.string()});
  program.insert(program.end(), more.begin(), more.end());
  return program;
}

double NumberIn(const std::string& text, const char* pattern) {
  std::smatch found;
  if (std::regex_search(text, found, std::regex(pattern))) return std::stod(found[1]);
  throw Error(Code::kCorrupt, "h2load said something else than it used to", {.hint = text});
}

/// `reply` is the size of a right answer's body.
Load MeasureGrpc(uint16_t port, const fs::path& body, size_t reply, int connections, int seconds,
                 const fs::path& log) {
  const std::string said =
      Run(Command({"/usr/bin/env", "h2load", "-t1", fmt::format("-c{}", connections), "-m1",
                   fmt::format("-D{}", seconds)},
                  port, body),
          log)
          .output;
  const double succeeded = NumberIn(said, "([0-9]+) succeeded");
  const double failed = NumberIn(said, "([0-9]+) failed");
  const double bytes = NumberIn(said, R"(\(([0-9]+)\) data)");
  const auto whole = static_cast<int64_t>(bytes / static_cast<double>(reply));
  // Those on their way when the time was over have sent a part or nothing.
  const auto without = std::max<int64_t>(0, static_cast<int64_t>(succeeded) - whole);
  return {.per_second = NumberIn(said, R"(([0-9.]+) req/s)"),
          .refused = static_cast<int64_t>(failed) + without};
}

}  // namespace

Side UnderGrpcLoad(Start start, std::vector<GrpcAsk> asks, const Ask& ready, int connections) {
  return [=](const Places& places) -> Sample {
    const std::unique_ptr<Service> service = start(places);
    service->FirstAnswer(ready);
    const fs::path log = places.scratch / "h2load.txt";
    std::vector<std::vector<double>> answers;
    size_t reply = 0;
    for (size_t i = asks.size(); i-- > 0;) {  // the first one last: the load repeats it
      WriteFileDurably(places.scratch / "body", BodyOf(asks[i]));
      const std::string body =
          Run(Command({"/usr/bin/env", "nghttp"}, service->port(), places.scratch / "body"), log)
              .output;
      answers.insert(answers.begin(), NumbersOfReply(body));
      if (answers.front().empty()) {
        throw Error(Code::kBadRequest, "gRPC: no answer to a question", {.hint = log.string()});
      }
      reply = body.size() - 1;  // Run ends the last line
    }
    const auto load = [&](int seconds) {
      return MeasureGrpc(service->port(), places.scratch / "body", reply, connections, seconds,
                         log);
    };
    load(kWarmUpSeconds);
    const Load brought = load(kSeconds);
    return {.value = brought.per_second,
            .answer = {{"answers", answers},
                       {"expected", Json::array()},
                       {"refused", brought.refused},
                       {"failure", ""}}};
  };
}

}  // namespace keelrow::bench
