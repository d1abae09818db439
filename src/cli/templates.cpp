#include "cli/templates.h"

#include <fmt/format.h>

#include "base/json.h"

namespace keelrow::cli {
namespace {

/// A text as YAML: bare where it cannot be taken for anything else, else quoted as JSON is.
std::string YamlText(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
  const bool plain = !text.empty() && text != "null" && text[0] != '-' &&
                     text.find_first_not_of(kPlain) == std::string::npos;
  return plain ? text : Json(text).dump();
}

}  // namespace

std::string ProjectTemplate(const std::string&, const std::string& name,
                            const std::string& source) {
  return fmt::format(R"(# A Keelrow project. Every key is explained in docs/project-file.md;
# `keelrow plan` shows what would run, `keelrow run` runs it, `keelrow up` serves the result.
version: 1
name: {}
task: image-classification
seed: 7                       # every random draw follows from it

data:
  # A folder per class, a .tar of one, or a .csv/.jsonl/.parquet manifest with path and label.
  source: {}
  split: {{train: 0.70, validation: 0.15, test: 0.15, stratify: [label]}}
  quality: {{missing_rate: "<0.05", class_entropy: ">0.8"}}
  on_violation: clean         # stop | clean (set bad pictures aside) | warn

prepare:                      # part of the bundle: the same in training and serving
  - decode: rgb
  - resize: 32                # more pixels show more and take longer: 64, 128, 224
  - normalize: imagenet

augment:                      # training only
  - affine: {{rotation: 10, width_shift: 0.1, height_shift: 0.1}}
  - flip: {{horizontal: true}}  # remove where left and right differ, as in digits

model: {{network: small_cnn}} # or resnet18, resnet34, resnet50, mobilenet_v2

train:
  epochs: 20
  batch_size: 64
  optimizer: {{name: adamw, lr: 3.0e-3}}
  schedule: {{name: cosine, warmup: 0.1}}
  ema: 0.99
  early_stop: 5

gate: {{test.accuracy: ">=0.80", not_worse_than: "@champion", tolerance: 0.01}}

serve: {{port: 8080, auth: {{jwt: {{ttl: 24h}}}}}}
)",
                     YamlText(name), YamlText(source));
}

}  // namespace keelrow::cli
