#pragma once

#include <span>
#include <string_view>

#include "nets/networks.h"

namespace keelrow::nets {

/// One network that a project file can name in `model.network`.
struct Network {
  std::string_view name;
  Graph (*build)(const NetworkOptions& options);
  std::string_view help;
};

/// All networks, by family.
std::span<const Network> Zoo();

/// The row of that name, or null.
const Network* Find(std::string_view name);

/// Checks the options and builds. kBadValue for an unknown name (the hint lists the known ones) and
/// for options out of range.
Graph BuildNetwork(std::string_view name, const NetworkOptions& options);

}  // namespace keelrow::nets
