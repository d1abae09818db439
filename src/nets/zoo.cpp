#include "nets/zoo.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace keelrow::nets {

#define NETWORK(name, build, help) Graph build(const NetworkOptions& options);
#include "nets/zoo.inc"
#undef NETWORK

constexpr Network kZoo[] = {
#define NETWORK(name, build, help) {name, build, help},
#include "nets/zoo.inc"
#undef NETWORK
};

namespace {

/// Far above any picture or class list, and low enough that no product of sizes overflows.
constexpr int64_t kExtentMax = 16384;
constexpr int64_t kClassesMax = 1'000'000;
constexpr double kWidthMax = 16;

[[noreturn]] void FailOption(const std::string& what) {
  throw Error(Code::kBadValue, "the network's options: " + what);
}

void CheckOptions(const NetworkOptions& options) {
  const auto proper = [](int64_t extent) { return extent >= 1 && extent <= kExtentMax; };
  if (options.input_shape.size() != 3 || !std::ranges::all_of(options.input_shape, proper)) {
    FailOption(fmt::format("input shape {} is not [channels, height, width], each 1 to {}",
                           ToString(options.input_shape), kExtentMax));
  }
  if (options.classes < 1 || options.classes > kClassesMax) {
    FailOption(fmt::format("{} classes, not 1 to {}", options.classes, kClassesMax));
  }
  const double dropout = options.dropout.value_or(0);
  if (!(dropout >= 0 && dropout < 1)) FailOption(fmt::format("dropout {} not in [0, 1)", dropout));
  if (!(options.width > 0 && options.width <= kWidthMax)) {
    FailOption(fmt::format("width {} not above 0 and up to {}", options.width, kWidthMax));
  }
}

}  // namespace

int64_t Widen(int64_t channels, double width) {
  if (width == 1) return channels;
  const double exact = static_cast<double>(channels) * width;
  const int64_t rounded = std::max<int64_t>(8, static_cast<int64_t>(exact + 4) / 8 * 8);
  return static_cast<double>(rounded) < 0.9 * exact ? rounded + 8 : rounded;
}

std::span<const Network> Zoo() {
  return kZoo;
}

const Network* Find(std::string_view name) {
  const auto row = std::ranges::find(kZoo, name, &Network::name);
  return row == std::end(kZoo) ? nullptr : &*row;
}

Graph BuildNetwork(std::string_view name, const NetworkOptions& options) {
  const Network* network = Find(name);
  if (network == nullptr) {
    std::vector<std::string> names;
    for (const Network& row : kZoo) names.emplace_back(row.name);
    throw Error(Code::kBadValue, fmt::format("there is no network `{}`", name),
                {.hint = fmt::format("{} known networks: {}", DidYouMean(name, names),
                                     fmt::join(names, ", "))});
  }
  CheckOptions(options);
  return network->build(options);
}

}  // namespace keelrow::nets
