// Asks a running service for each picture and compares its answer, bit for bit, with the same
// bundle's offline answer.
//   digits-compare PORT TOKEN BUNDLE FILE…      prints predictions=N/N; exit code 1 on a difference
#include <fmt/format.h>

#include <cstdio>

#include "base/files.h"
#include "base/units.h"
#include "engine/predictor.h"
#include "http/client.h"

namespace {

using namespace keelrow;

Json AskService(http::Client& client, const std::string& token, const std::string& picture) {
  const http::Response response = client.Post(
      "/predict", picture, {{"Authorization", "Bearer " + token}, {"Content-Type", "image/png"}});
  if (response.status != 200) {
    throw Error(Code::kBadRequest,
                fmt::format("the service answered {}: {}", response.status, response.body));
  }
  return ParseJson(response.body, "answer").Value().at("result");
}

bool SameAnswer(const Json& a, const Json& b) {
  if (a.at("label") != b.at("label")) return false;
  for (const auto& [label, probability] : a.at("probabilities").items()) {
    if (probability.get<float>() != b.at("probabilities").at(label).get<float>()) return false;
  }
  return true;
}

int Compare(int argc, char** argv) {
  http::Client client({.port = static_cast<uint16_t>(ParseNumber(argv[1]).Value())});
  const engine::Predictor predictor = engine::Predictor::Load(argv[3]);
  int same = 0;
  for (int i = 4; i < argc; ++i) {
    const std::string picture = ReadFile(argv[i]);
    same += SameAnswer(AskService(client, argv[2], picture), predictor.Answer(picture)) ? 1 : 0;
  }
  fmt::print("predictions={}/{}\n", same, argc - 4);
  return same == argc - 4 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fputs("usage: digits-compare PORT TOKEN BUNDLE FILE...\n", stderr);
    return 2;
  }
  try {
    return Compare(argc, argv);
  } catch (const keelrow::Error& error) {
    std::fputs(error.Render().c_str(), stderr);
    return keelrow::Info(error.code()).exit_code;
  }
}
