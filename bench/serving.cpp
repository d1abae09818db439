// The cases of the suite `serving` with the perceptron. Others: serving_bodies.cpp (photos, large
// tensors), serving_rest.cpp (start and memory).
#include <fmt/format.h>

#include <array>

#include "asking.h"
#include "best_setting.h"
#include "peers.h"

namespace keelrow::bench {

std::vector<Case> BodyCases();
std::vector<Case> RestCases();

namespace {

constexpr int kMany = 32;  // connections

Questions MlpQuestions(const Places& places, const std::string& target,
                       const http::Headers& headers = {}) {
  Questions questions;
  for (const Json& each : ReadJsonFile(ServingModels(places) / "mlp/questions.json")) {
    questions.asks.push_back({.target = target,
                              .headers = headers,
                              .body = Json{{"input_data", each.at("input")}}.dump()});
    questions.expected.push_back(each.at("output"));
  }
  return questions;
}

QuestionsOf MlpAt(const std::string& target) {
  return [=](const Places& places) { return MlpQuestions(places, target); };
}

Questions MlpWithToken(const Places& places) {
  return MlpQuestions(places, "/predict", {{"Authorization", "Bearer " + TokenFor(places, "mlp")}});
}

// Batches, as TorchServe has them.
constexpr const char* kBatches = "serve.batch.max=16";

/// As it is installed, but for batches and the limit of 1,000 requests/s, and without tokens as the
/// peers.
std::unique_ptr<Service> OurMlp(const Places& places) {
  return StartOurs(places, {.model = "mlp", .set = {"serve.rate_limit.all.rate=0", kBatches}});
}

/// nginx asked the same, which answers the first of our answers whatever it is asked.
Sample NginxMlp(const Places& places) {
  const Ask ask = MlpQuestions(places, "/predict").asks[0];
  const std::string body = OurMlp(places)->FirstAnswer(ask);
  const Start start = [&](const Places&) { return StartNginx(places, body); };
  return UnderLoad(
      start, [&](const Places&) { return Questions{.asks = {ask}}; }, kMany, PerSecond)(places);
}

std::string NginxFault(const Json& ours, const Json& theirs) {
  const std::string fault = FaultAlone(ours);
  return fault.empty() ? FaultAlone(theirs) : fault;
}

constexpr const char* kMlpHelp =
    "A 16-64-3 perceptron asked in JSON over {} that stay open, by wrk on one thread of the same "
    "cores. Ours is `keelrow up --no-auth` as it is installed, with batches of up to 16 and "
    "without the limit of 1,000 requests/s; access log, traces, metrics and deadlines are on. "
    "Theirs: {} Right when none was "
    "refused and the answers to 32 other questions, asked meanwhile, are those of plain loops "
    "within 0.001 of the largest number.";
constexpr const char* kMlpLimit =
    "The two cores, which are full. A request takes 22 µs of them, wrk included; a static answer "
    "of nginx takes 12 to 16, and 20 times TorchServe would have to be as fast. Of ours the "
    "kernel has 36 % (sending 15 %, switching threads 8 %, receiving and waiting 8 %), libc's "
    "locks and copies 9 %, the engine and the thread library under it 6 %, the allocator 6 %, "
    "reading the JSON 5 %; HTTP, the list of middleware, tokens' and limits' checks, metrics and "
    "the log line share the rest: no function has more than 2 % of its own.";
constexpr const char* kTorchServe =
    "TorchServe 0.12 with the best of five settings, tried before it is measured (one worker with "
    "batches of 1, 16 and 32 that wait 1 ms at most, of 32 that wait 5 ms, and two with 16), and a "
    "handler that runs a batch in one inference.";
constexpr const char* kFastApi =
    "FastAPI and PyTorch eager, the best of one, two and four worker processes of uvicorn with "
    "uvloop and httptools, tried before it is measured, the inference on the event loop.";
constexpr const char* kNginx =
    "nginx, which returns a fixed body of the same size and logs each request as it does by "
    "default.";

Case Mlp(const std::string& peer, const char* about, Side theirs) {
  return {.suite = "serving",
          .name = "mlp_c32",
          .peer = peer,
          .unit = "answers/s",
          .more_is_better = true,
          .help = fmt::format(kMlpHelp, "32 connections", about),
          .limit = kMlpLimit,
          .ours = UnderLoad(OurMlp, MlpAt("/predict"), kMany, PerSecond),
          .theirs = std::move(theirs),
          .fault = Fault};
}

Start TorchServeMlp(int workers, int batch, int delay_ms) {
  return [=](const Places& places) {
    return StartTorchServe(
        places, {.model = "mlp", .workers = workers, .batch = batch, .delay_ms = delay_ms});
  };
}

const QuestionsOf kTorchServeQuestions = MlpAt("/predictions/mlp");

Start BestTorchServe() {
  constexpr std::array<std::array<int, 3>, 5> kTried = {
      {{1, 1, 1}, {1, 16, 1}, {1, 32, 1}, {1, 32, 5}, {2, 16, 1}}};
  std::vector<Setting> settings;
  for (const auto& [workers, batch, delay_ms] : kTried) {
    settings.push_back({.name = fmt::format("{} worker(s), batches of {} that wait {} ms", workers,
                                            batch, delay_ms),
                        .start = TorchServeMlp(workers, batch, delay_ms)});
  }
  return BestOf("torchserve", std::move(settings), kTorchServeQuestions, kMany);
}

Start BestFastApi() {
  std::vector<Setting> settings;
  for (const int workers : {1, 2, 4}) {
    settings.push_back(
        {.name = fmt::format("{} worker(s)", workers), .start = [=](const Places& places) {
           return StartFastApi(places, {.model = "mlp", .workers = workers});
         }});
  }
  return BestOf("fastapi", std::move(settings), MlpAt("/predict"), kMany);
}

std::vector<Case> MlpCases() {
  Case nginx = Mlp("nginx", kNginx, NginxMlp);
  nginx.fault = NginxFault;
  Case alone = Mlp("torchserve", "",
                   UnderLoad(TorchServeMlp(1, 1, 1), kTorchServeQuestions, 1, MedianMicroseconds));
  alone.name = "mlp_c1_p50";
  alone.unit = "µs";
  alone.more_is_better = false;
  alone.help = fmt::format(kMlpHelp, "one connection", "TorchServe 0.12 with batches of one.");
  alone.limit =
      "Being woken: some 40 µs on this machine, for wrk; the thread of ours looks for the next "
      "request instead of sleeping. From the request's first byte to the answer's last it takes "
      "13 µs. (nginx, which sleeps, gives its static answer after 84 µs.)";
  alone.ours = UnderLoad(OurMlp, MlpAt("/predict"), 1, MedianMicroseconds);
  return {Mlp("torchserve", kTorchServe,
              UnderLoad(BestTorchServe(), kTorchServeQuestions, kMany, PerSecond)),
          Mlp("fastapi", kFastApi, UnderLoad(BestFastApi(), MlpAt("/predict"), kMany, PerSecond)),
          nginx, alone};
}

/// Tokens and three limits, none of which is reached.
const OurOptions kGuarded = {
    .model = "mlp",
    .set = {"serve.rate_limit.all.rate=1000000", "serve.rate_limit.client.rate=1000000",
            "serve.rate_limit.model.rate=1000000", kBatches},
    .up = {}};
const OurOptions kBare = {
    .model = "mlp", .set = {kBatches}, .up = {"--role", "model", "--no-auth"}};

std::unique_ptr<Service> TwoProcesses(const Places& places) {
  auto model = StartOurs(places, kBare);
  model->FirstAnswer(MlpQuestions(places, "/predict").asks[0]);
  OurOptions options = kGuarded;
  options.up = {"--role", "gateway", "--backend",
                fmt::format("http://127.0.0.1:{}", model->port())};
  auto gateway = StartOurs(places, options);
  gateway->Keep(std::move(model));
  return gateway;
}

Case Gateway(const std::string& name, Start guarded, const std::string& how,
             const std::string& limit) {
  const Start bare = [](const Places& places) { return StartOurs(places, kBare); };
  return {.suite = "serving",
          .name = name,
          .peer = "direct",
          .unit = "answers/s",
          .more_is_better = true,
          .help = fmt::format(
              "The perceptron over 32 connections: {}, each request with a token that is checked "
              "(HS256) and counted by three limits (all, its client, its model), against `keelrow "
              "up --role model --no-auth` alone.",
              how),
          .limit = limit,
          .ours = UnderLoad(std::move(guarded), MlpWithToken, kMany, PerSecond),
          .theirs = UnderLoad(bare, MlpAt("/predict"), kMany, PerSecond),
          .fault = Fault};
}

}  // namespace

std::vector<Case> ServingCases() {
  std::vector<Case> cases = MlpCases();
  cases.push_back(Gateway(
      "gateway", [](const Places& places) { return StartOurs(places, kGuarded); },
      "`keelrow up`, gateway and service in one process",
      "A token that was found valid is remembered until it ends, so a look-up and three buckets "
      "are "
      "what is added to the perceptron's path."));
  cases.push_back(Gateway("gateway_two_processes", TwoProcesses,
                          "`keelrow up --role gateway` before `--role model`",
                          "Each request goes through two HTTP stacks and four more system calls, "
                          "on the same two cores."));
  for (auto* more : {&BodyCases, &RestCases}) {
    for (Case& one : more()) cases.push_back(std::move(one));
  }
  return cases;
}

}  // namespace keelrow::bench
