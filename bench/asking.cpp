#include "asking.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "base/error.h"
#include "http/client.h"

namespace keelrow::bench {
namespace {

constexpr double kWarmUpSeconds = 2;
constexpr double kSeconds = 5;
constexpr std::chrono::milliseconds kBetweenQuestions(10);
constexpr double kDifferenceMax = 1e-3;  // of the largest number of an answer

void Gather(const Json& json, std::vector<double>& numbers) {
  if (json.is_number()) numbers.push_back(json);
  if (!json.is_structured()) return;
  for (const Json& item : json) Gather(item, numbers);
}

bool Agree(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 1e-30;
  for (const double value : a) largest = std::max(largest, std::abs(value));
  return !a.empty() && std::ranges::equal(a, b, [&](double x, double y) {
    return std::abs(x - y) <= kDifferenceMax * largest;
  });
}

std::vector<double> NumbersFor(http::Client& client, const Ask& ask) {
  http::Headers headers = ask.headers;
  headers.Set("Content-Type", ask.type);
  return NumbersOf(client.Post(ask.target, ask.body, headers).body);
}

/// Asks one question after another, each at least once, until told to stop.
class Asker {
 public:
  Asker(uint16_t port, const Questions& questions)
      : questions_(questions), answers_(questions.asks.size()), thread_([this, port](auto stop) {
          try {
            Work(port, stop);
          } catch (const std::exception& error) {
            failure_ = error.what();
          }
        }) {}

  void Stop() {
    thread_.request_stop();
    thread_.join();
  }
  const std::vector<std::vector<double>>& answers() const { return answers_; }
  const std::string& failure() const { return failure_; }

 private:
  void Work(uint16_t port, const std::stop_token& stop) {
    http::Client client({.port = port});
    for (size_t i = 0; !stop.stop_requested() || i < answers_.size(); ++i) {
      const auto numbers = NumbersFor(client, questions_.asks[i % answers_.size()]);
      std::vector<double>& first = answers_[i % answers_.size()];
      if (first.empty()) first = numbers;
      if (!Agree(first, numbers)) throw Error(Code::kBadRequest, "one question, two answers");
      std::this_thread::sleep_for(kBetweenQuestions);
    }
  }

  const Questions& questions_;
  std::vector<std::vector<double>> answers_;
  std::string failure_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace

double PerSecond(const Load& load) {
  return load.per_second;
}

double MedianMicroseconds(const Load& load) {
  return load.p50_us;
}

std::vector<double> NumbersOf(const std::string& body) {
  const Json answer = ParseJson(body, "an answer").Value();
  std::vector<double> numbers;
  if (answer.contains("result")) Gather(answer["result"], numbers);    // of /predict
  for (const Json& output : answer.value("outputs", Json::array())) {  // of /v2
    Gather(output.value("data", Json()), numbers);
  }
  return numbers;
}

void RequireRightAnswers(uint16_t port, const Questions& questions) {
  http::Client client({.port = port});
  for (size_t i = 0; i < questions.asks.size(); ++i) {
    const std::vector<double> numbers = NumbersFor(client, questions.asks[i]);
    const bool known = i < questions.expected.size();
    if (!numbers.empty() && (!known || Agree(questions.expected[i], numbers))) continue;
    throw Error(
        Code::kBadRequest,
        fmt::format("question {} is answered by [{}], not by {}", i, fmt::join(numbers, ", "),
                    known ? Json(questions.expected[i]).dump() : "numbers"));
  }
}

Side UnderLoad(Start start, QuestionsOf questions_of, int connections, Reading reading) {
  return [=](const Places& places) -> Sample {
    const Questions questions = questions_of(places);
    const Ask& ask = questions.asks[0];
    const std::unique_ptr<Service> service = start(places);
    service->FirstAnswer(ask);
    RequireRightAnswers(service->port(), questions);
    const auto load = [&](double seconds) {
      return Measure(service->port(), ask, connections, seconds, places.scratch, places.source);
    };
    load(kWarmUpSeconds);
    Asker asker(service->port(), questions);
    const Load brought = load(kSeconds);
    asker.Stop();
    return {.value = reading(brought),
            .answer = {{"answers", asker.answers()},
                       {"expected", questions.expected},
                       {"refused", brought.refused},
                       {"failure", asker.failure()}}};
  };
}

std::string FaultAlone(const Json& side) {
  if (side.at("refused") != 0) return fmt::format("{} were refused", side.at("refused").dump());
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
  const Json& answers = ours.at("answers");
  for (size_t i = 0; i < answers.size(); ++i) {
    if (!Agree(answers[i], theirs.at("answers").at(i))) {
      return fmt::format("the answers to question {} differ", i);
    }
  }
  return "";
}

}  // namespace keelrow::bench
