#include "gateway/bucket_table.h"

namespace keelrow::gateway {

BucketTable::BucketTable(BucketTableOptions options)
    : options_(std::move(options)),
      part_max_(std::max<size_t>(options_.buckets_max / kParts, 1)),
      newcomers_(std::make_shared<NamedBucket>(options_.prefix, options_.rate)) {}

std::string_view BucketTable::KeyOf(const NamedBucket& bucket) const {
  return std::string_view(bucket.name).substr(options_.prefix.size());
}

std::shared_ptr<NamedBucket> BucketTable::Find(std::string_view key, int64_t now_ns) {
  Part& part = parts_[std::hash<std::string_view>{}(key) % kParts];
  const std::lock_guard lock(part.mutex);
  const auto found = part.by_key.find(key);
  if (found == part.by_key.end()) return Insert(part, key, now_ns);
  part.recent.splice(part.recent.begin(), part.recent, found->second);
  return *found->second;
}

std::shared_ptr<NamedBucket> BucketTable::Insert(Part& part, std::string_view key, int64_t now_ns) {
  if (part.recent.size() >= part_max_) {
    const NamedBucket& oldest = *part.recent.back();
    if (!oldest.tokens.Full(now_ns)) return newcomers_;
    part.by_key.erase(KeyOf(oldest));
    part.recent.pop_back();
  }
  part.recent.push_front(
      std::make_shared<NamedBucket>(options_.prefix + std::string(key), options_.rate));
  part.by_key.emplace(KeyOf(*part.recent.front()), part.recent.begin());
  return part.recent.front();
}

size_t BucketTable::Size() const {
  size_t size = 0;
  for (const Part& part : parts_) {
    const std::lock_guard lock(part.mutex);
    size += part.recent.size();
  }
  return size;
}

}  // namespace keelrow::gateway
