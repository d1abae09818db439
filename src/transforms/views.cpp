#include "transforms/views.h"

#include <fmt/format.h>

#include <algorithm>

#include "transforms/crop.h"
#include "transforms/flip.h"
#include "transforms/resample.h"

namespace keelrow::transforms {
namespace {

using data::Image;

std::vector<Payload> Mirrored(const Payload& payload) {
  Image image = std::get<Image>(payload);
  FlipRows(image);
  return {std::move(image)};
}

std::vector<Payload> Overturned(const Payload& payload) {
  Image image = std::get<Image>(payload);
  FlipColumns(image);
  return {std::move(image)};
}

struct Corner {
  int x;
  int y;
};

/// 7/8 as in 224 of 256 pixels, the crop of AlexNet and all that followed.
int CropOf(int edge) {
  return std::max(1, edge * 7 / 8);
}

std::vector<Payload> FiveCrops(const Payload& payload) {
  const auto& image = std::get<Image>(payload);
  const int width = CropOf(image.width);
  const int height = CropOf(image.height);
  const int x = image.width - width;
  const int y = image.height - height;
  std::vector<Payload> crops;
  for (const Corner at : {Corner{0, 0}, {x, 0}, {0, y}, {x, y}, {x / 2, y / 2}}) {
    const Image crop = CropTo(image, {.left = at.x, .top = at.y, .width = width, .height = height});
    crops.emplace_back(Resample(crop, {.width = image.width, .height = image.height}));
  }
  return crops;
}

}  // namespace

const std::vector<ViewRow>& Views() {
  static const std::vector<ViewRow> rows = {
      {Kind::kImage,
       {.name = "flip", .help = "The mirror image, left and right exchanged."},
       Mirrored},
      {Kind::kImage, {.name = "flip_vertical", .help = "Top and bottom exchanged."}, Overturned},
      {Kind::kImage,
       {.name = "five_crop",
        .help = "The four corners and the centre, 7/8 of each edge, scaled up again."},
       FiveCrops},
  };
  return rows;
}

const std::vector<config::Choice>& ViewChoices() {
  static const std::vector<config::Choice> choices = config::ChoicesOf(Views());
  return choices;
}

std::vector<ViewName> ViewsNamed(std::span<const std::string> names) {
  std::vector<ViewName> views;
  for (const std::string& name : names) {
    if (std::ranges::none_of(Views(),
                             [&](const ViewRow& row) { return row.choice.name == name; })) {
      throw Error(Code::kUnsupported, fmt::format("the bundle asks for the view `{}`, which this "
                                                  "program does not have",
                                                  name));
    }
    views.push_back({name});
  }
  return views;
}

std::vector<Payload> LooksAt(Payload payload, std::span<const ViewName> views) {
  std::vector<Payload> looks = {std::move(payload)};
  for (const ViewName& view : views) {
    const ViewRow& row = config::RowOf(Views(), view.value);
    const Kind kind = KindOf(looks[0]);
    if (kind < row.kind) {
      throw Error(Code::kBadValue, fmt::format("the view `{}` is of a {}, but gets {}", view.value,
                                               Name(row.kind), Name(kind)));
    }
    if (kind > row.kind) continue;
    for (Payload& look : row.make(looks[0])) looks.push_back(std::move(look));
  }
  return looks;
}

}  // namespace keelrow::transforms
