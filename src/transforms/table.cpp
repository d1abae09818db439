#include "transforms/table.h"

namespace keelrow::transforms {

#define TRANSFORM(row) TransformRow row();
#define AUGMENTATION(row) AugmentationRow row();
#include "transforms/rows.inc"
#undef TRANSFORM
#undef AUGMENTATION

const std::vector<TransformRow>& Transforms() {
  static const std::vector<TransformRow> rows = {
#define TRANSFORM(row) row(),
#define AUGMENTATION(row)
#include "transforms/rows.inc"
#undef TRANSFORM
#undef AUGMENTATION
  };
  return rows;
}

const std::vector<AugmentationRow>& Augmentations() {
  static const std::vector<AugmentationRow> rows = {
#define TRANSFORM(row)
#define AUGMENTATION(row) row(),
#include "transforms/rows.inc"
#undef TRANSFORM
#undef AUGMENTATION
  };
  return rows;
}

const std::vector<config::Choice>& TransformChoices() {
  static const std::vector<config::Choice> choices = config::ChoicesOf(Transforms());
  return choices;
}

const std::vector<config::Choice>& AugmentationChoices() {
  static const std::vector<config::Choice> choices = config::ChoicesOf(Augmentations());
  return choices;
}

}  // namespace keelrow::transforms
