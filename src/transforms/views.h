#pragma once

#include <span>
#include <vector>

#include "transforms/table.h"

namespace keelrow::transforms {

/// Test-time augmentation: further looks at one example, whose answers are averaged. They are made
/// where training examples are augmented (Chain::Head), and nothing is drawn: the same example has
/// the same looks everywhere.
struct ViewRow {
  Kind kind;  // what is looked at
  config::Choice choice;
  /// One or more payloads of the same size as the given one.
  std::vector<Payload> (*make)(const Payload& payload);
};

/// The table (views.cpp).
const std::vector<ViewRow>& Views();
const std::vector<config::Choice>& ViewChoices();
using ViewName = config::Name<ViewChoices>;

/// Of bundle.json's `views`. Throws kUnsupported for a row this program does not have.
std::vector<ViewName> ViewsNamed(std::span<const std::string> names);

/// The payload itself, then what each view makes of it. One that is further along than a view looks
/// at (the network's input) is left to itself. Throws kBadValue for one that is not so far yet.
std::vector<Payload> LooksAt(Payload payload, std::span<const ViewName> views);

}  // namespace keelrow::transforms
