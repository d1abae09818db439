#include "transforms/table.h"

namespace keelrow::transforms {

// A row declares its maker where it calls it, so a new transform is its own file and one line here.
// clang-format off

const std::vector<TransformRow>& Transforms() {
  static const std::vector<TransformRow> rows = {
      [] { TransformRow DecodeRow(void); return DecodeRow(); }(),
      [] { TransformRow ResizeRow(void); return ResizeRow(); }(),
      [] { TransformRow CropRow(void); return CropRow(); }(),
      [] { TransformRow NormalizeRow(void); return NormalizeRow(); }(),
  };
  return rows;
}

const std::vector<AugmentationRow>& Augmentations() {
  static const std::vector<AugmentationRow> rows = {
      [] { AugmentationRow AffineRow(void); return AffineRow(); }(),
      [] { AugmentationRow FlipRow(void); return FlipRow(); }(),
  };
  return rows;
}
// clang-format on

namespace {

template <class Row>
std::vector<config::Choice> ChoicesOf(const std::vector<Row>& rows) {
  std::vector<config::Choice> choices;
  for (const Row& row : rows) choices.push_back(row.choice);
  return choices;
}

}  // namespace

const std::vector<config::Choice>& TransformChoices() {
  static const std::vector<config::Choice> choices = ChoicesOf(Transforms());
  return choices;
}

const std::vector<config::Choice>& AugmentationChoices() {
  static const std::vector<config::Choice> choices = ChoicesOf(Augmentations());
  return choices;
}

}  // namespace keelrow::transforms
