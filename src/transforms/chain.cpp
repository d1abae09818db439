#include "transforms/chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace keelrow::transforms {
namespace {

template <class Row>
const Row* FindRow(const std::vector<Row>& rows, const std::string& name) {
  const auto found =
      std::ranges::find_if(rows, [&](const Row& r) { return r.choice.name == name; });
  return found == rows.end() ? nullptr : &*found;
}

template <class Row>
const Row& RowOf(const std::vector<Row>& rows, const std::string& name) {
  const Row* row = FindRow(rows, name);
  if (row == nullptr) {
    throw Error(Code::kUnsupported, fmt::format("this program has no transform `{}`", name),
                {.hint = "a newer Keelrow may have it"});
  }
  return *row;
}

/// The entry with its options complete, as a project file that only names it would have it.
TransformEntry Defaults(const std::string& name) {
  return config::ReadJson<TransformEntry>(name, "prepare");
}

Error Mismatch(const TransformRow& row, const TransformRow* before, Kind made) {
  const std::string origin =
      before == nullptr ? "comes first"
                        : fmt::format("`{}` before it makes a {}", before->choice.name, Name(made));
  std::string hint;
  for (const TransformRow& other : Transforms()) {
    if (other.from == made && other.to == row.from) {
      hint = fmt::format("put `{}` before `{}`", other.choice.name, row.choice.name);
      break;
    }
  }
  return Error(Code::kBadValue,
               fmt::format("`{}` takes {} {}, but {}", row.choice.name,
                           row.from == Kind::kBytes ? "a file's" : "a", Name(row.from), origin),
               {.hint = hint.empty() ? "change the order of `prepare`" : hint});
}

/// A picture with pixels that are not all equal, wide or high.
data::Image Probe(int width, int height) {
  data::Image image = data::Image::Blank(width, height, 3);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i);
  return image;
}

}  // namespace

std::string_view Name(Kind kind) {
  constexpr std::array<std::string_view, 3> kNames = {"bytes", "picture", "tensor"};
  return kNames[static_cast<size_t>(kind)];
}

Chain::Chain(std::span<const TransformEntry> entries) : entries_(entries.begin(), entries.end()) {
  const bool undecoded =
      !entries_.empty() && RowOf(Transforms(), entries_.front().name).from == Kind::kImage;
  if (undecoded) entries_.insert(entries_.begin(), Defaults("decode"));
  Kind made = Kind::kBytes;
  const TransformRow* before = nullptr;
  for (const TransformEntry& entry : entries_) {
    const TransformRow& row = RowOf(Transforms(), entry.name);
    if (row.from != made) throw Mismatch(row, before, made);
    links_.push_back({.from = row.from, .transform = row.make(entry.options)});
    made = row.to;
    if (decoded_ == Kind::kBytes) decoded_ = made;
    before = &row;
    if (made == Kind::kImage) head_size_ = links_.size();
  }
  if (made == Kind::kTensor) return;
  throw Error(Code::kBadValue,
              fmt::format("`prepare` ends with {}, not with the network's input",
                          made == Kind::kBytes ? "a file's bytes" : "a picture"),
              {.hint = "end it with `normalize`"});
}

Chain Chain::FromJson(const Json& entries, const std::string& name) {
  for (const Json& entry : entries) {
    if (entry.is_object() && entry.size() == 1) RowOf(Transforms(), entry.begin().key());
  }
  return Chain(config::ReadJson<std::vector<TransformEntry>>(entries, name));
}

Json Chain::ToJson() const {
  return config::Write(entries_);
}

Tensor Chain::Apply(Payload payload) const {
  return std::get<Tensor>(Run(std::move(payload), 0, links_.size()));
}

Payload Chain::Head(Payload payload) const {
  return Run(std::move(payload), 0, head_size_);
}

Tensor Chain::Tail(Payload payload) const {
  return std::get<Tensor>(Run(std::move(payload), head_size_, links_.size()));
}

Payload Chain::Run(Payload payload, size_t begin, size_t end) const {
  for (size_t i = begin; i < end; ++i) {
    const Link& link = links_[i];
    const Kind kind = KindOf(payload);
    if (kind == link.from) {
      payload = link.transform->Apply(std::move(payload));
      continue;
    }
    const Kind to = i + 1 < links_.size() ? links_[i + 1].from : Kind::kTensor;
    if (kind == to) payload = link.transform->Adopt(std::move(payload));
  }
  return payload;
}

std::vector<int64_t> Chain::OutputShape() const {
  try {
    const std::vector<int64_t> wide = Apply(Probe(640, 480)).shape;
    if (wide == Apply(Probe(480, 640)).shape) return wide;
  } catch (const Error& error) {
    throw Error(Code::kBadValue,
                fmt::format("`prepare` does not fit together: {}", error.message()),
                {.hint = error.hint()});
  }
  throw Error(Code::kBadValue, "`prepare` gives pictures of different sizes",
              {.hint = "a network takes one size: put `resize` or `crop` before `normalize`"});
}

std::string StreamOf(const std::string& example_id) {
  return "augment:" + example_id;
}

AugmentationChain::AugmentationChain(std::span<const AugmentationEntry> entries) {
  for (const AugmentationEntry& entry : entries) {
    const AugmentationRow& row = RowOf(Augmentations(), entry.name);
    links_.push_back({.kind = row.kind, .augmentation = row.make(entry.options)});
  }
}

Payload AugmentationChain::Apply(Payload payload, Random& random) const {
  for (const Link& link : links_) {
    if (KindOf(payload) != link.kind) {
      throw Error(Code::kBadValue, fmt::format("`augment` changes a {}, but gets {}",
                                               Name(link.kind), Name(KindOf(payload))));
    }
    payload = link.augmentation->Apply(std::move(payload), random);
  }
  return payload;
}

}  // namespace keelrow::transforms
