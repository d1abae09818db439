#include "predictions/answer_cache.h"

#include <algorithm>
#include <cctype>
#include <list>
#include <map>
#include <mutex>
#include <unordered_map>

#include "base/hash.h"
#include "http/router.h"

namespace keelrow::predictions {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kOverhead = 256;  // of an entry beside its tensors, about

constexpr size_t kOwnersMax = 10'000;  // that hits are counted for

/// What a key begins with: whose answers it finds.
std::string OwnerOf(std::string_view model, std::string_view version) {
  return std::string(model) + '@' + std::string(version);
}
std::string_view OwnerIn(std::string_view key) {
  return key.substr(0, std::min(key.size(), key.rfind(':')));
}

uint64_t BytesOf(const AnswerCache::Outputs& outputs) {
  uint64_t bytes = kOverhead + outputs.looks.size() * sizeof(int64_t);
  for (const Tensor& tensor : outputs.tensors) bytes += tensor.bytes.size();
  return bytes;
}

}  // namespace

struct AnswerCache::State {
  struct Kept {
    std::string key;
    Outputs outputs;
    uint64_t bytes;
    Clock::time_point until;
  };
  using Order = std::list<Kept>;  // last used first

  project::CacheConfig config;
  mutable std::mutex mutex;
  Order order;
  std::unordered_map<std::string, Order::iterator> by_key;
  Counts counts;
  std::map<std::string, Lookups, std::less<>> lookups;  // by model and version

  void Count(const std::string& key, bool hit, Clock::time_point began) {
    ++(hit ? counts.hits : counts.misses);
    const std::string_view owner = OwnerIn(key);
    auto found = lookups.find(owner);
    if (found == lookups.end()) {
      if (lookups.size() == kOwnersMax) return;
      found = lookups.emplace(owner, Lookups{}).first;
    }
    Lookups& own = found->second;
    ++(hit ? own.hits : own.misses);
    (hit ? own.hit_time : own.miss_time) += Clock::now() - began;
  }

  void Drop(Order::iterator kept) {
    counts.bytes -= kept->bytes;
    by_key.erase(kept->key);
    order.erase(kept);
  }
};

AnswerCache::AnswerCache(const project::CacheConfig& config) : state_(std::make_unique<State>()) {
  state_->config = config;
}
AnswerCache::~AnswerCache() = default;

bool AnswerCache::Covers(const std::string& model) const {
  const std::vector<std::string>& models = state_->config.models;
  return models.empty() || std::ranges::find(models, model) != models.end();
}

std::string AnswerCache::KeyOf(const http::Request& request, const models::ServedModel& model) {
  Sha256 hash;
  // Each part with its length, so that no two lists of parts are the same bytes.
  const auto add = [&](std::string_view part) {
    hash.Update(std::to_string(part.size()) + ":").Update(part);
  };
  add(model.name());
  add(model.version());
  add(std::to_string(model.load_number()));
  add(request.route == nullptr ? "" : request.route->protocol);
  add(request.target);
  for (const char* header : {"Content-Type", "Inference-Header-Content-Length"}) {
    add(request.headers.Find(header).value_or(""));
  }
  add(request.body);
  // One client must not learn, by header or time, what another has asked.
  add(request.identity ? request.identity->issuer : "");
  add(request.identity ? request.identity->subject : "");
  return OwnerOf(model.name(), model.version()) + ':' + hash.HexDigest();
}

std::optional<AnswerCache::Outputs> AnswerCache::Find(const std::string& key) {
  State& state = *state_;
  const auto began = Clock::now();
  const std::lock_guard lock(state.mutex);
  const auto found = state.by_key.find(key);
  std::optional<Outputs> outputs;
  if (found != state.by_key.end() && began < found->second->until) {
    state.order.splice(state.order.begin(), state.order, found->second);
    outputs = found->second->outputs;
  } else if (found != state.by_key.end()) {
    state.Drop(found->second);
  }
  state.Count(key, outputs.has_value(), began);
  return outputs;
}

void AnswerCache::Keep(const std::string& key, const Outputs& outputs) {
  State& state = *state_;
  const uint64_t bytes = BytesOf(outputs);
  if (bytes > state.config.bytes.value) return;
  const std::lock_guard lock(state.mutex);
  const auto before = state.by_key.find(key);
  if (before != state.by_key.end()) state.Drop(before->second);
  while (state.counts.bytes + bytes > state.config.bytes.value) state.Drop(--state.order.end());
  state.order.push_front({.key = key,
                          .outputs = outputs,
                          .bytes = bytes,
                          .until = Clock::now() + state.config.ttl.value});
  state.by_key[key] = state.order.begin();
  state.counts.bytes += bytes;
}

AnswerCache::Counts AnswerCache::Get() const {
  const std::lock_guard lock(state_->mutex);
  return state_->counts;
}

AnswerCache::Lookups AnswerCache::Of(const std::string& model, const std::string& version) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->lookups.find(OwnerOf(model, version));
  return found == state_->lookups.end() ? Lookups{} : found->second;
}

CacheWishes CacheWishesOf(const http::Request& request) {
  CacheWishes wishes;
  for (const auto& [name, value] : request.headers) {
    if (!http::EqualIgnoringCase(name, "Cache-Control")) continue;
    std::string text = value;
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
    if (text.find("no-cache") != std::string::npos) wishes.fresh = true;
    if (text.find("no-store") != std::string::npos) wishes = {.fresh = true, .forget = true};
  }
  return wishes;
}

}  // namespace keelrow::predictions
