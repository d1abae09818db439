#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/choices.h"
#include "transforms/transform.h"

namespace keelrow::transforms {

/// The tables (table.cpp): a transform is one file and one row. The choice carries name, help and
/// described options; `make` gets those options complete and checked.
struct TransformRow {
  Kind from;
  Kind to;
  config::Choice choice;
  std::unique_ptr<Transform> (*make)(const Json& options);
};

struct AugmentationRow {
  Kind kind;
  config::Choice choice;
  std::unique_ptr<Augmentation> (*make)(const Json& options);
};

const std::vector<TransformRow>& Transforms();
const std::vector<AugmentationRow>& Augmentations();

/// The rows' choices, as the project file's description wants them.
const std::vector<config::Choice>& TransformChoices();
const std::vector<config::Choice>& AugmentationChoices();

/// One item of `prepare` or `augment`.
using TransformEntry = config::Entry<TransformChoices>;
using AugmentationEntry = config::Entry<AugmentationChoices>;

}  // namespace keelrow::transforms
