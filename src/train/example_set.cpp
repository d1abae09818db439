#include "train/example_set.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace keelrow::train {
namespace {

using transforms::Payload;

struct BytesOf {
  size_t operator()(const std::string& bytes) const { return bytes.size(); }
  size_t operator()(const data::Image& image) const { return image.pixels.size(); }
  size_t operator()(const Tensor& tensor) const { return tensor.bytes.size(); }
};

int64_t FindLabel(const std::vector<std::string>& labels, const data::Example& example) {
  const auto found = std::ranges::lower_bound(labels, example.label);
  if (found == labels.end() || *found != example.label) {
    throw Error(Code::kCorrupt,
                fmt::format("the example {} has no known label: `{}`", example.id, example.label));
  }
  return found - labels.begin();
}

}  // namespace

ExampleSet::ExampleSet(const Preparation& preparation, const std::vector<data::Example>& examples,
                       size_t cache_bytes_max)
    : preparation_(preparation),
      examples_(examples),
      cache_bytes_max_(cache_bytes_max),
      cache_(examples.size()) {
  for (const data::Example& example : examples_) {
    labels_.push_back(FindLabel(preparation_.labels, example));
  }
}

Loader::Row ExampleSet::Plain(size_t index) const {
  return {.input = preparation_.chain.Tail(Head(index)), .label = labels_[index]};
}

Loader::Row ExampleSet::Augmented(size_t index, uint64_t epoch) const {
  if (preparation_.augmentation.empty()) return Plain(index);
  const data::Example& example = examples_[index];
  const std::string copy = example.copy == 0 ? "" : fmt::format("#{}", example.copy);
  Random random(preparation_.seed, transforms::StreamOf(example.id + copy), {epoch});
  Payload changed = preparation_.augmentation.Apply(Head(index), random);
  return {.input = preparation_.chain.Tail(std::move(changed)), .label = labels_[index]};
}

/// Copies share what is decoded of the example.
size_t ExampleSet::FirstCopy(size_t index) const {
  return index - static_cast<size_t>(examples_[index].copy);
}

Payload ExampleSet::Head(size_t index) const {
  index = FirstCopy(index);
  std::shared_ptr<const Payload> known;
  {
    const std::lock_guard lock(mutex_);
    known = cache_[index];
  }
  if (known) return *known;
  Payload payload = Decode(examples_[index]);
  Remember(index, payload);
  return payload;
}

Payload ExampleSet::Decode(const data::Example& example) const {
  try {
    return preparation_.chain.Head(preparation_.source->Read(example).Value());
  } catch (const Error& error) {
    throw error.Wrap(fmt::format("the example {} cannot be used", example.id));
  }
}

void ExampleSet::Remember(size_t index, const Payload& payload) const {
  const size_t bytes = sizeof(Payload) + std::visit(BytesOf(), payload);
  auto entry = std::make_shared<const Payload>(payload);
  const std::lock_guard lock(mutex_);
  if (cache_[index] || cache_bytes_ + bytes > cache_bytes_max_) return;
  cache_[index] = std::move(entry);
  cache_bytes_ += bytes;
}

}  // namespace keelrow::train
