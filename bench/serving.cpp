#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "case.h"
#include "http/client.h"
#include "peers.h"

namespace keelrow::bench {
namespace {

constexpr int kMany = 32;  // connections
constexpr double kWarmUpSeconds = 2;
constexpr double kSeconds = 5;
constexpr std::chrono::milliseconds kBetweenQuestions(10);
constexpr double kDifferenceMax = 1e-3;  // of the largest number of an answer

using Start = std::function<std::unique_ptr<Service>(const Places&)>;
using Value = double (*)(const Load&);

double PerSecond(const Load& load) {
  return load.per_second;
}

double Median(const Load& load) {
  return load.p50_us;
}

/// All numbers of an answer, in its order.
void Gather(const Json& json, std::vector<double>& numbers) {
  if (json.is_number()) numbers.push_back(json);
  if (json.is_structured()) {
    for (const Json& item : json) Gather(item, numbers);
  }
}

std::vector<double> NumbersOf(const std::string& body) {
  std::vector<double> numbers;
  Gather(ParseJson(body, "an answer").Value().at("result"), numbers);
  return numbers;
}

bool Agree(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 1e-30;
  for (const double value : a) largest = std::max(largest, std::abs(value));
  return !a.empty() && std::ranges::equal(a, b, [&](double x, double y) {
    return std::abs(x - y) <= kDifferenceMax * largest;
  });
}

/// What a server is asked: the load repeats the first, and while it lasts the others are asked one
/// by one, so that an answer that a neighbour should have had is noticed.
struct Questions {
  std::vector<Ask> asks;
  std::vector<std::vector<double>> expected = {};  // empty: the other side says it
};

Json AnswersUnderLoad(const Service& service, const Questions& questions, const Places& places,
                      int connections, Load& load) {
  std::vector<std::vector<double>> answers(questions.asks.size());
  std::string failure;
  std::jthread asking([&](const std::stop_token& stop) {
    try {
      http::Client client({.port = service.port()});
      for (size_t i = 0; !stop.stop_requested() || i < answers.size(); ++i) {
        const Ask& ask = questions.asks[i % answers.size()];
        http::Headers headers = ask.headers;
        headers.Set("Content-Type", ask.type);
        const std::vector<double> numbers =
            NumbersOf(client.Post(ask.target, ask.body, headers).body);
        std::vector<double>& first = answers[i % answers.size()];
        if (first.empty()) first = numbers;
        if (!Agree(first, numbers)) throw Error(Code::kBadRequest, "one question, two answers");
        std::this_thread::sleep_for(kBetweenQuestions);
      }
    } catch (const std::exception& error) {
      failure = error.what();
    }
  });
  load = Measure(service.port(), questions.asks[0], connections, kSeconds, places.scratch,
                 places.source);
  asking.request_stop();
  asking.join();
  return {{"answers", answers},
          {"expected", questions.expected},
          {"refused", load.refused},
          {"failure", failure}};
}

Sample UnderLoad(const Places& places, const Start& start, const Questions& questions,
                 int connections, Value value) {
  const std::unique_ptr<Service> service = start(places);
  service->FirstAnswer(questions.asks[0]);
  Measure(service->port(), questions.asks[0], connections, kWarmUpSeconds, places.scratch,
          places.source);
  Load load;
  Json answer = AnswersUnderLoad(*service, questions, places, connections, load);
  return {.value = value(load), .answer = std::move(answer)};
}

std::string FaultAlone(const Json& side) {
  if (side.at("refused") != 0) return fmt::format("{} refused", side.at("refused").dump());
  if (const std::string failure = side.at("failure"); !failure.empty()) return failure;
  const Json& expected = side.at("expected");
  for (size_t i = 0; i < expected.size(); ++i) {
    if (!Agree(expected[i], side.at("answers").at(i))) return fmt::format("answer {} is wrong", i);
  }
  return "";
}

std::string Fault(const Json& ours, const Json& theirs) {
  for (const Json* side : {&ours, &theirs}) {
    if (std::string fault = FaultAlone(*side); !fault.empty()) return fault;
  }
  for (size_t i = 0; i < ours.at("answers").size(); ++i) {
    if (!Agree(ours["answers"][i], theirs.at("answers").at(i))) {
      return fmt::format("the answers to question {} differ", i);
    }
  }
  return "";
}

// --- the perceptron ------------------------------------------------------------------------------

Questions MlpQuestions(const Places& places, const std::string& target) {
  Questions questions;
  for (const Json& each : ReadJsonFile(ServingModels(places) / "mlp/questions.json")) {
    questions.asks.push_back(
        {.target = target, .body = Json{{"input_data", each.at("input")}}.dump()});
    questions.expected.push_back(each.at("output"));
  }
  return questions;
}

/// As it is installed, but for the limit of 1,000 requests/s.
std::unique_ptr<Service> OurMlp(const Places& places) {
  return StartOurs(places, {.model = "mlp", .set = {"serve.rate_limit.all.rate=0"}});
}

std::unique_ptr<Service> FastApiMlp(const Places& places) {
  return StartFastApi(places, {.model = "mlp", .workers = 2});
}

std::unique_ptr<Service> TorchServeMlp(const Places& places) {
  return StartTorchServe(places, {.model = "mlp", .workers = 1, .batch = 32, .delay_ms = 1});
}

/// nginx asked the same, which answers the first of our answers whatever it is asked.
Sample NginxMlp(const Places& places) {
  const Ask ask = MlpQuestions(places, "/predict").asks[0];
  const auto service = StartNginx(places, OurMlp(places)->FirstAnswer(ask));
  service->FirstAnswer(ask);
  const Load load = Measure(service->port(), ask, kMany, kSeconds, places.scratch, places.source);
  return {.value = load.per_second, .answer = {{"refused", load.refused}}};
}

std::string NginxFault(const Json& ours, const Json& theirs) {
  if (std::string fault = FaultAlone(ours); !fault.empty()) return fault;
  return theirs.at("refused") == 0 ? "" : "nginx refused";
}

struct MlpPeer {
  std::string name;
  std::unique_ptr<Service> (*start)(const Places&);
  std::string target;
};

Case Mlp(const std::string& name, const MlpPeer& peer, int connections, Value value,
         const std::string& help, const std::string& limit) {
  const auto side = [=](auto start, const std::string& target) -> Side {
    return [=](const Places& places) {
      return UnderLoad(places, start, MlpQuestions(places, target), connections, value);
    };
  };
  const bool latency = value == Median;
  return {.suite = "serving",
          .name = name,
          .peer = peer.name,
          .unit = latency ? "µs" : "answers/s",
          .more_is_better = !latency,
          .help = help,
          .limit = limit,
          .ours = side(OurMlp, "/predict"),
          .theirs = side(peer.start, peer.target),
          .fault = Fault};
}

}  // namespace

std::vector<Case> ServingCases() {
  const MlpPeer fastapi = {"fastapi", FastApiMlp, "/predict"};
  const MlpPeer torchserve = {"torchserve", TorchServeMlp, "/predictions/mlp"};
  Case nginx = Mlp("mlp_c32", fastapi, kMany, PerSecond, "", "");
  nginx.peer = "nginx";
  nginx.theirs = NginxMlp;
  nginx.fault = NginxFault;
  return {Mlp("mlp_c32", torchserve, kMany, PerSecond, "", ""),
          Mlp("mlp_c32", fastapi, kMany, PerSecond, "", ""), nginx,
          Mlp("mlp_c1_p50", torchserve, 1, Median, "", "")};
}

}  // namespace keelrow::bench
