#include "gateway/key_ring.h"

#include <optional>

#include "base/log.h"

namespace keelrow::gateway {
namespace {

using Clock = std::chrono::steady_clock;

bool IsUrl(std::string_view location) {
  return location.find("://") != std::string_view::npos;
}

/// The time from which on a miss may cause another reading.
class MissLimit {
 public:
  explicit MissLimit(std::chrono::milliseconds least) : least_(least) {}

  enum class Answer { kBegin, kUnderWay, kTooSoon };
  Answer Ask() {
    const std::lock_guard lock(mutex_);
    if (pending_) return Answer::kUnderWay;
    if (last_ && Clock::now() - *last_ < least_) return Answer::kTooSoon;
    pending_ = true;
    last_ = Clock::now();
    return Answer::kBegin;
  }
  /// A reading begins; `fresh`: what it gives is new enough to answer misses with.
  void Began(bool fresh) {
    const std::lock_guard lock(mutex_);
    pending_ = true;
    if (fresh) last_ = Clock::now();
  }
  void Ended() {
    const std::lock_guard lock(mutex_);
    pending_ = false;
  }

 private:
  const std::chrono::milliseconds least_;
  std::mutex mutex_;
  bool pending_ = false;
  std::optional<Clock::time_point> last_;
};

}  // namespace

struct KeyRing::Live {
  explicit Live(KeySource given)
      : source(std::move(given)), misses(IsUrl(source.location) ? source.retry : source.poll) {
    if (IsUrl(source.location)) {
      url = http::ParseUrl(source.location).Value();
    } else {
      file.emplace(source.location, kJwksBytesMax);
    }
  }

  /// The text, unless it is the one that was returned before.
  std::optional<std::string> Read() {
    if (file) return file->ReadIfChanged();
    std::string text = Fetch(*url, source.limits);
    if (text == last_text) return std::nullopt;
    last_text = text;
    return text;
  }

  const KeySource source;
  std::optional<http::Url> url;
  std::optional<WatchedFile> file;
  std::string last_text;
  // Of the reading thread:
  bool taken = false;    // what was read last
  bool failing = false;  // a lasting fault is logged once
  MissLimit misses;
  std::unique_ptr<Periodic> periodic;
};

KeyRing::KeyRing(KeySet keys) : keys_(std::make_shared<const KeySet>(std::move(keys))) {}

KeyRing::KeyRing(KeySource source) : live_(std::make_unique<Live>(std::move(source))) {
  if (live_->file) Take(live_->file->ReadIfChanged().value());
  live_->taken = live_->file.has_value();
  const auto first = live_->file ? live_->source.poll : std::chrono::milliseconds(0);
  if (live_->url) live_->misses.Began(true);  // tokens that come before the first fetch cause none
  live_->periodic = std::make_unique<Periodic>(first, [this] { return Refresh(); });
}

KeyRing::~KeyRing() {
  if (live_) live_->periodic.reset();  // what it runs uses the rest
}

void KeyRing::Take(const std::string& text) {
  auto keys = ParseJwks(text, live_->source.location);
  keys_.Set(std::make_shared<const KeySet>(std::move(keys).Value()));
  log::Info("{} keys of {}", keys_.Get()->size(), live_->source.location);
}

std::chrono::milliseconds KeyRing::Refresh() {
  // Looking at a file is cheap, and done so often that a miss would always come too soon after it.
  live_->misses.Began(live_->url.has_value());
  bool failed = false;
  try {
    if (const auto text = live_->Read()) {
      live_->taken = false;
      Take(*text);
      live_->taken = true;
    }
    failed = !live_->taken;  // what was not taken before has not changed
  } catch (const Error& error) {
    failed = true;
    if (!live_->failing) {
      log::Warning("the keys of {} stay as they were: {}", live_->source.location, error.what());
    }
  }
  live_->failing = failed;
  live_->misses.Ended();
  if (live_->file) return live_->source.poll;
  return failed ? live_->source.retry : live_->source.refresh;
}

bool KeyRing::Missed() const {
  if (!live_) return false;
  const MissLimit::Answer answer = live_->misses.Ask();
  if (answer == MissLimit::Answer::kBegin) live_->periodic->Poke();
  return answer != MissLimit::Answer::kTooSoon;
}

}  // namespace keelrow::gateway
