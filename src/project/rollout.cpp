#include "project/rollout.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelrow::project {
namespace {

constexpr double kShareMin = 0.0001;
constexpr Duration kShortestHold{std::chrono::seconds(1)};
constexpr Duration kLongestHold{std::chrono::hours(24 * 30)};
constexpr Duration kQuickest{std::chrono::milliseconds(1)};  // of an answer
constexpr Duration kSlowest{std::chrono::minutes(10)};
// A rollback within 30 s of a fault needs a window that the fault fills before that.
constexpr Duration kShortestWindow{std::chrono::seconds(2)};
constexpr Duration kLongestWindow{std::chrono::seconds(25)};
constexpr size_t kStepsMax = 100;
constexpr size_t kHeaderMax = 128;

/// Whoever was answered by the candidate stays with it: a share that shrinks would break that.
void CheckSteps(const RolloutConfig& config) {
  if (config.steps.empty() || config.steps.size() > kStepsMax) {
    throw Error(Code::kBadValue, fmt::format("`steps` needs 1 to {} of them", kStepsMax),
                {.hint = "steps: [{weight: 0.05, hold: 10m}, {weight: 0.5, hold: 10m}]"});
  }
  const auto falls = std::ranges::adjacent_find(
      config.steps, [](const auto& a, const auto& b) { return b.weight < a.weight; });
  if (falls == config.steps.end()) return;
  throw Error(Code::kBadValue,
              fmt::format("after a weight of {} comes {}: weights never fall", falls->weight,
                          std::next(falls)->weight),
              {.hint = "who was answered by the new version would be taken away from it again"});
}

bool IsTokenCharacter(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";  // RFC 9110, 5.6.2
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kOthers.find(c) != std::string_view::npos;
}

void CheckHeader(const RolloutConfig& config) {
  const bool needed = config.key.value == "header";
  if (needed == config.header.empty()) {
    throw Error(Code::kBadValue,
                needed ? "`key: header` needs the header's name in `header`"
                       : "`header` is of no use without `key: header`",
                {.hint = "rollout: {key: header, header: x-user-id}"});
  }
  if (config.header.size() <= kHeaderMax && std::ranges::all_of(config.header, IsTokenCharacter)) {
    return;
  }
  throw Error(Code::kBadValue, fmt::format("`{}` cannot be the name of a header", config.header));
}

}  // namespace

const std::vector<config::Choice>& RolloutModeChoices() {
  static const std::vector<config::Choice> choices = {
      {.name = "canary",
       .help =
           "The new version answers a share that grows step by step; at the end it is @champion."},
      {.name = "ab", .help = "It answers a fixed share until somebody ends it."},
      {.name = "shadow", .help = "It answers nobody; what it would have said is compared."},
  };
  return choices;
}

const std::vector<config::Choice>& RolloutKeyChoices() {
  static const std::vector<config::Choice> choices = {
      {.name = "client",
       .help = "Each client stays with its version: by the token's subject, without one by the "
               "certificate's name or the address."},
      {.name = "header", .help = "Requests with the same value of `header` stay together."},
      {.name = "request",
       .help =
           "Each request by itself, by its `x-request-id`; a repeated one has the same version."},
  };
  return choices;
}

void Describe(config::Object<RolloutStepConfig>& object) {
  object.Doc("A step of a canary.");
  object.Field("weight", &RolloutStepConfig::weight, "The new version's share of the requests.")
      .Range(kShareMin, 1);
  object
      .Field("hold", &RolloutStepConfig::hold,
             "How long it lasts at least; and until `slo.samples` answers were given.")
      .Range(kShortestHold, kLongestHold);
}

void Describe(config::Object<RolloutAbConfig>& object) {
  object.Doc("Two versions beside each other.");
  object.Field("share", &RolloutAbConfig::share, "The new version's share of the requests.")
      .Range(kShareMin, 1);
}

void Describe(config::Object<RolloutShadowConfig>& object) {
  object.Doc("A version that is compared and answers nobody.");
  object
      .Field("share", &RolloutShadowConfig::share,
             "The share of the requests that it is asked about too. It runs on one thread of low "
             "priority; what that cannot keep up with is passed over and counted.")
      .Range(kShareMin, 1);
  object
      .Field("hold", &RolloutShadowConfig::hold,
             "How long it is compared at least; and until there are `slo.samples` comparisons.")
      .Range(kShortestHold, kLongestHold);
  object
      .Field("agreement", &RolloutShadowConfig::agreement,
             "The share of comparisons in which both must name the same label; 0: any.")
      .Range(0, 1);
}

void Describe(config::Object<RolloutSloConfig>& object) {
  object.Doc(
      "What the new version must keep; else the rollout undoes itself. A breach is what chance "
      "makes of a version that keeps it less than once in a million windows, however few the "
      "answers.");
  object
      .Field("latency", &RolloutSloConfig::latency,
             "At most one answer in a hundred of the new version takes longer for a row (its p99).")
      .Range(kQuickest, kSlowest);
  object
      .Field("slower", &RolloutSloConfig::slower,
             "Nor so many times the p99 of the present version; 0 does not compare.")
      .Range(0, 1000);
  object
      .Field("errors", &RolloutSloConfig::errors,
             "The share of its answers that may fail (5xx), or be refused as unusable (4xx), as "
             "long as the present version's do so less often.")
      .Range(0, 1);
  object
      .Field("mix", &RolloutSloConfig::mix,
             "How far the labels that it gives may be from the present version's: population "
             "stability index; 0.1 is little, 0.25 much. 0 does not compare; in A/B nothing does.")
      .Range(0, 100);
  object
      .Field("samples", &RolloutSloConfig::samples,
             "Answers of the new version that a step needs before the next one.")
      .Range(1, 1'000'000'000);
  object
      .Field("window", &RolloutSloConfig::window,
             "The last so many seconds are judged, beside the whole step.")
      .Range(kShortestWindow, kLongestWindow);
}

void Describe(config::Object<RolloutConfig>& object) {
  object.Doc("How `keelrow rollout start` brings a new version in.");
  object.Field("mode", &RolloutConfig::mode, "How.");
  object.Field("key", &RolloutConfig::key, "What stays with one version.");
  object.Field("header", &RolloutConfig::header,
               "The header of `key: header`; requests without it go by client.");
  object.Field("steps", &RolloutConfig::steps, "Of a canary: the weights, which never fall.");
  object.Field("ab", &RolloutConfig::ab, "Of A/B.");
  object.Field("shadow", &RolloutConfig::shadow, "Of a shadow.");
  object.Field("slo", &RolloutConfig::slo, "What the new version must keep.");
  object.Check(CheckSteps);
  object.Check(CheckHeader);
}

}  // namespace keelrow::project
