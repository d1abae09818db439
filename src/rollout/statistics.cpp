#include "rollout/statistics.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "evaluate/significance.h"

namespace keelrow::rollout {
namespace {

double LogChoose(uint64_t n, uint64_t k) {
  const auto log_factorial = [](uint64_t i) { return std::lgamma(static_cast<double>(i) + 1); };
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

/// P(a, x) by its series, for x < a + 1.
double GammaSeries(double a, double x) {
  double term = 1 / a;
  double sum = term;
  for (double n = a + 1; term > sum * 1e-16; ++n) sum += term *= x / n;
  return sum * std::exp(-x + a * std::log(x) - std::lgamma(a));
}

/// Q(a, x) by its continued fraction (Lentz), for x >= a + 1.
double GammaFraction(double a, double x) {
  constexpr double kTiny = 1e-300;
  constexpr int kTermsMax = 10'000;  // a few suffice; none lasts so long
  double b = x + 1 - a;
  double c = 1 / kTiny;
  double d = 1 / b;
  double fraction = d;
  for (int i = 1; i < kTermsMax; ++i) {
    const double an = -i * (i - a);
    b += 2;
    d = an * d + b;
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    c = b + an / c;
    if (std::abs(c) < kTiny) c = kTiny;
    fraction *= d * c;
    if (std::abs(d * c - 1) < 1e-15) break;
  }
  return fraction * std::exp(-x + a * std::log(x) - std::lgamma(a));
}

struct Cell {
  double one = 0;
  double other = 0;
};

double Sum(const Counts& counts) {
  double sum = 0;
  for (const auto& [label, count] : counts) sum += static_cast<double>(count);
  return sum;
}

/// Both samples' counts by label. Cells of which either sample should have fewer than five become
/// one (Cochran 1954); if that one is too small too, it joins the smallest of the others.
std::vector<Cell> CellsOf(const Counts& one, const Counts& other) {
  constexpr double kExpectedMin = 5;
  const double n = Sum(one);
  const double m = Sum(other);
  const double share = std::min(n, m) / (n + m);
  std::map<std::string, Cell> by_label;
  for (const auto& [label, count] : one) by_label[label].one = static_cast<double>(count);
  for (const auto& [label, count] : other) by_label[label].other = static_cast<double>(count);
  const auto large = [&](const Cell& cell) {
    return (cell.one + cell.other) * share >= kExpectedMin;
  };
  std::vector<Cell> cells;
  Cell rest;
  for (const auto& [label, cell] : by_label) {
    if (large(cell)) {
      cells.push_back(cell);
    } else {
      rest.one += cell.one;
      rest.other += cell.other;
    }
  }
  if (large(rest)) {
    cells.push_back(rest);
  } else if (!cells.empty()) {
    Cell& smallest =
        *std::ranges::min_element(cells, {}, [](const Cell& c) { return c.one + c.other; });
    smallest.one += rest.one;
    smallest.other += rest.other;
  }
  return cells;
}

/// n p ln(p / q), whose limit for p = 0 is 0.
double Surprise(double count, double expected) {
  return count == 0 ? 0 : count * std::log(count / expected);
}

}  // namespace

double BinomialTail(evaluate::Proportion proportion, double probability) {
  const auto [successes, trials] = proportion;
  if (successes == 0) return 1;
  if (probability <= 0) return 0;
  if (probability >= 1) return 1;
  const auto n = static_cast<double>(trials);
  if (static_cast<double>(successes) <= n * probability) return 1;  // not more than expected
  double sum = 0;
  for (uint64_t k = successes; k <= trials; ++k) {
    const double term =
        std::exp(LogChoose(trials, k) + static_cast<double>(k) * std::log(probability) +
                 (n - static_cast<double>(k)) * std::log1p(-probability));
    sum += term;
    if (term < sum * 1e-12) break;  // beyond the mean they only fall
  }
  return std::min(1.0, sum);
}

double MoreOften(evaluate::Proportion one, evaluate::Proportion other) {
  if (one.trials == 0 || other.trials == 0) return 1;
  const double share = static_cast<double>(one.successes) / static_cast<double>(one.trials);
  const double others = static_cast<double>(other.successes) / static_cast<double>(other.trials);
  return share > others ? evaluate::FisherExact(one, other) : 1;
}

double ChiSquaredTail(double value, int degrees) {
  if (value <= 0 || degrees < 1) return 1;
  const double a = degrees / 2.0;
  const double x = value / 2;
  return x < a + 1 ? 1 - GammaSeries(a, x) : GammaFraction(a, x);
}

MixDifference CompareMixes(const Counts& one, const Counts& other) {
  const double n = Sum(one);
  const double m = Sum(other);
  if (n == 0 || m == 0) return {};
  const std::vector<Cell> cells = CellsOf(one, other);
  if (cells.size() < 2) return {};
  MixDifference difference;
  double g = 0;
  for (const Cell& cell : cells) {
    const double all = (cell.one + cell.other) / (n + m);
    g += 2 * (Surprise(cell.one, n * all) + Surprise(cell.other, m * all));
    // Half an answer more in each cell: a label that one of them never gave is far, not endless.
    const double k = static_cast<double>(cells.size());
    const double p = (cell.one + 0.5) / (n + 0.5 * k);
    const double q = (cell.other + 0.5) / (m + 0.5 * k);
    difference.index += (p - q) * std::log(p / q);
  }
  difference.chance = ChiSquaredTail(g, static_cast<int>(cells.size()) - 1);
  return difference;
}

}  // namespace keelrow::rollout
