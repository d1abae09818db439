#include "rollout/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace keelrow::rollout {
namespace {

using evaluate::Proportion;

constexpr double kChanceMax = 1e-6;
constexpr double kTail = 0.01;  // beyond a p99
// Nobody notices less: a version that is asked seldom finds colder caches than a busy one.
constexpr Nanoseconds kNoticeable = std::chrono::milliseconds(10);

double Share(Proportion proportion) {
  return proportion.trials == 0
             ? 0
             : static_cast<double>(proportion.successes) / static_cast<double>(proportion.trials);
}

bool IsAbove(Proportion proportion, double limit) {
  return Share(proportion) > limit && BinomialTail(proportion, limit) < kChanceMax;
}

double Milliseconds(Nanoseconds duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

std::string Percent(Proportion proportion) {
  return fmt::format("{:.1f} % ({} of {})", 100 * Share(proportion), proportion.successes,
                     proportion.trials);
}

/// What took longer, or is longer under way.
Proportion SlowerThan(const Tally& tally, Nanoseconds bound) {
  return {.successes = tally.latencies.Above(bound) + tally.overdue,
          .trials = tally.latencies.Total() + tally.overdue};
}

using Finding = std::optional<std::string>;

/// The version's own limit, whoever else is slow: one that takes all threads slows down the other
/// too, and would look no worse than it.
Finding Latency(const Slo& slo, const Sides& sides) {
  if (slo.latency.count() == 0) return {};
  const Proportion slow = SlowerThan(sides.candidate, slo.latency);
  if (!IsAbove(slow, kTail)) return {};
  return fmt::format("{} of its answers took longer than {} ms; 1 % may", Percent(slow),
                     slo.latency.count());
}

Finding Slower(const Slo& slo, const Sides& sides) {
  const Nanoseconds stable = sides.stable.latencies.Quantile(1 - kTail);
  if (slo.slower == 0 || stable.count() == 0) return {};
  const auto times =
      Nanoseconds(static_cast<int64_t>(static_cast<double>(stable.count()) * slo.slower));
  const Nanoseconds bound = std::max(times, kNoticeable);
  const Proportion slow = SlowerThan(sides.candidate, bound);
  const bool worse =
      Share(slow) > kTail && MoreOften(slow, SlowerThan(sides.stable, bound)) < kChanceMax;
  if (!worse) return {};
  return fmt::format(
      "{} of its answers took longer than {:.1f} ms; the present version's p99 is {:.1f} ms",
      Percent(slow), Milliseconds(bound), Milliseconds(stable));
}

/// Above the limit is above it, unless the present version is too and the new one is no worse: what
/// both suffer from is no fault of the new one.
Finding Errors(const Slo& slo, const Sides& sides) {
  const Proportion failed{sides.candidate.failed, sides.candidate.Total()};
  if (!IsAbove(failed, slo.errors)) return {};
  const Proportion other{sides.stable.failed, sides.stable.Total()};
  const bool excused = evaluate::WilsonInterval(other).low > slo.errors;
  if (excused && MoreOften(failed, other) >= kChanceMax) return {};
  return fmt::format("{} of its answers failed; {:.1f} % may, and {} of the present version's did",
                     Percent(failed), 100 * slo.errors, Percent(other));
}

/// What clients send is no fault of any version, but both are sent the same.
Finding Refusals(const Slo& slo, const Sides& sides) {
  const Proportion refused{sides.candidate.refused, sides.candidate.Total()};
  const Proportion other{sides.stable.refused, sides.stable.Total()};
  const bool worse =
      Share(refused) > Share(other) + slo.errors && MoreOften(refused, other) < kChanceMax;
  if (!worse) return {};
  return fmt::format("it refused {} of what it was sent, the present version {}", Percent(refused),
                     Percent(other));
}

Finding Mix(const Slo& slo, const Sides& sides) {
  if (slo.mix == 0) return {};
  const MixDifference difference = CompareMixes(sides.candidate.labels, sides.stable.labels);
  if (difference.index <= slo.mix || difference.chance >= kChanceMax) return {};
  return fmt::format("its labels have another mix (stability index {:.2f}, at most {:.2f})",
                     difference.index, slo.mix);
}

Finding Agreement(const Slo& slo, const Sides& sides) {
  const Comparison& shadow = sides.shadow;
  const Proportion differ{shadow.compared - shadow.agreed, shadow.compared};
  if (slo.agreement == 0 || !IsAbove(differ, 1 - slo.agreement)) return {};
  return fmt::format("{} of its labels are others than the present version's; {:.1f} % may",
                     Percent(differ), 100 * (1 - slo.agreement));
}

struct Rule {
  const char* name;
  Finding (*find)(const Slo& slo, const Sides& sides);
};
constexpr std::array kRules = {Rule{"latency", Latency}, Rule{"slower", Slower},
                               Rule{"errors", Errors},   Rule{"refusals", Refusals},
                               Rule{"mix", Mix},         Rule{"agreement", Agreement}};

}  // namespace

Verdict Judge(const Slo& slo, const Evidence& evidence) {
  Verdict verdict{.breach = {}, .enough = evidence.step.candidate.Total() >= slo.samples};
  for (const Rule& rule : kRules) {
    Finding finding = rule.find(slo, evidence.recent);
    if (!finding) finding = rule.find(slo, evidence.step);
    if (!finding) continue;
    verdict.breach = {.rule = rule.name, .reason = *std::move(finding)};
    break;
  }
  return verdict;
}

}  // namespace keelrow::rollout
