#include "rollout/evidence.h"

#include "base/error.h"

namespace keelrow::rollout {
namespace {

constexpr size_t kLabelsMax = 1000;
constexpr const char* kOtherLabels = "(others)";

Json ToJson(const Tally& tally) {
  return {{"answered", tally.answered}, {"refused", tally.refused},
          {"failed", tally.failed},     {"overdue", tally.overdue},
          {"labels", tally.labels},     {"latencies", tally.latencies.ToJson()}};
}

Tally TallyFrom(const Json& json) {
  Tally tally{.answered = json.at("answered").get<uint64_t>(),
              .refused = json.at("refused").get<uint64_t>(),
              .failed = json.at("failed").get<uint64_t>(),
              .overdue = json.at("overdue").get<uint64_t>(),
              .latencies = Latencies::FromJson(json.at("latencies"))};
  for (const auto& [label, count] : json.at("labels").items()) {
    tally.CountLabel(label, count.get<uint64_t>());
  }
  return tally;
}

Json ToJson(const Comparison& shadow) {
  return {{"compared", shadow.compared},
          {"agreed", shadow.agreed},
          {"failed", shadow.failed},
          {"passed_over", shadow.passed_over},
          {"distance", shadow.distance}};
}

Comparison ComparisonFrom(const Json& json) {
  return {.compared = json.at("compared").get<uint64_t>(),
          .agreed = json.at("agreed").get<uint64_t>(),
          .failed = json.at("failed").get<uint64_t>(),
          .passed_over = json.at("passed_over").get<uint64_t>(),
          .distance = json.at("distance").get<double>()};
}

Json ToJson(const Sides& sides) {
  return {{"stable", ToJson(sides.stable)},
          {"candidate", ToJson(sides.candidate)},
          {"shadow", ToJson(sides.shadow)}};
}

Sides SidesFrom(const Json& json) {
  return {.stable = TallyFrom(json.at("stable")),
          .candidate = TallyFrom(json.at("candidate")),
          .shadow = ComparisonFrom(json.at("shadow"))};
}

}  // namespace

void Tally::Count(Result result) {
  if (result == Result::kLeft) return;
  ++(result == Result::kAnswered ? answered : result == Result::kRefused ? refused : failed);
}

void Tally::CountLabel(const std::string& label, uint64_t times) {
  const auto found = labels.find(label);
  if (found != labels.end()) {
    found->second += times;
  } else {
    labels[labels.size() < kLabelsMax ? label : kOtherLabels] += times;
  }
}

void Tally::Add(const Tally& other) {
  answered += other.answered;
  refused += other.refused;
  failed += other.failed;
  overdue += other.overdue;
  latencies.Add(other.latencies);
  for (const auto& [label, count] : other.labels) CountLabel(label, count);
}

void Comparison::Add(const Comparison& other) {
  compared += other.compared;
  agreed += other.agreed;
  failed += other.failed;
  passed_over += other.passed_over;
  distance += other.distance;
}

void Sides::Add(const Sides& other) {
  stable.Add(other.stable);
  candidate.Add(other.candidate);
  shadow.Add(other.shadow);
}

Json ToJson(const Evidence& evidence) {
  return {{"recent", ToJson(evidence.recent)},
          {"step", ToJson(evidence.step)},
          {"absent", evidence.absent}};
}

Evidence EvidenceFrom(const Json& json) {
  try {
    Evidence evidence{.recent = SidesFrom(json.at("recent")), .step = SidesFrom(json.at("step"))};
    const auto absent = json.find("absent");  // earlier versions had none
    if (absent != json.end()) evidence.absent = absent->get<std::vector<std::string>>();
    return evidence;
  } catch (const Json::exception&) {
    throw Error(Code::kCorrupt, "the store holds evidence of a rollout that cannot be read");
  }
}

}  // namespace keelrow::rollout
