#include "gateway/shared_budget.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>

#include "base/log.h"

namespace keelrow::gateway {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kBucketsInOneCall = 256;
constexpr auto kSilenceMax = std::chrono::milliseconds(100);  // then Redis is asked all the same

/// The same algorithm as TokenBucket, by the clock of Redis, in microseconds: a key holds the time
/// at which its bucket will be full again. What passed has passed, so nothing is refused here.
/// Numbers are doubles, exact to 2^53 us; %.0f, because tostring keeps fourteen digits.
constexpr std::string_view kScript = R"(
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local leads = {}
for i, key in ipairs(KEYS) do
  local full_at = math.max(tonumber(redis.call('GET', key) or '0'), now) + tonumber(ARGV[i])
  redis.call('SET', key, string.format('%.0f', full_at), 'PX',
             string.format('%.0f', math.ceil((full_at - now) / 1000) + 1000))
  leads[i] = math.floor(full_at - now)
end
return leads
)";

int64_t Now() {
  return std::chrono::nanoseconds(Clock::now().time_since_epoch()).count();
}

/// Writing to a connection that Redis has closed shall fail, not end the program.
void BlockBrokenPipeSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

SharedBudget::SharedBudget(SharedBudgetOptions options)
    : options_(std::move(options)),
      redis_(options_.redis),
      answered_(Clock::now()),
      thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "shared-budget");
}

SharedBudget::~SharedBudget() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

void SharedBudget::Took(const std::shared_ptr<NamedBucket>& bucket, int64_t cost_ns) {
  if (bucket->untold_ns.fetch_add(cost_ns, std::memory_order_relaxed) != 0) return;
  const std::lock_guard lock(mutex_);
  untold_.push_back(bucket);
}

bool SharedBudget::Wait(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !stop_.wait_for(lock, time, [&] { return stopping_; });
}

void SharedBudget::Run() {
  BlockBrokenPipeSignal();
  bool answered = true;
  while (Wait(answered ? options_.every : options_.retry_every)) {
    Buckets buckets;
    {
      const std::lock_guard lock(mutex_);
      buckets.swap(untold_);
    }
    if (buckets.empty() && answered && Clock::now() - answered_ < kSilenceMax) continue;
    answered = true;
    for (size_t i = 0; answered && (i == 0 || i < buckets.size()); i += kBucketsInOneCall) {
      const size_t end = std::min(i + kBucketsInOneCall, buckets.size());
      answered = Report(Buckets(buckets.begin() + static_cast<std::ptrdiff_t>(i),
                                buckets.begin() + static_cast<std::ptrdiff_t>(end)));
    }
    // What could not be told is forgotten: the local buckets have counted it.
    if (!answered) {
      for (const auto& bucket : buckets) bucket->untold_ns = 0;
    }
    Note(answered);
  }
}

bool SharedBudget::Report(const Buckets& buckets) {
  std::vector<std::string> command = {"EVAL", std::string(kScript), std::to_string(buckets.size())};
  for (const auto& bucket : buckets) command.push_back(options_.prefix + bucket->name);
  for (const auto& bucket : buckets) {
    const int64_t taken_ns = bucket->untold_ns.exchange(0, std::memory_order_relaxed);
    command.push_back(fmt::format("{:.3f}", static_cast<double>(taken_ns) / 1000));
  }
  const int64_t asked = Now();
  const auto leads = redis_.Integers(command);
  if (!leads) {
    log::Debug("shared limits: {}", leads.error().what());
    return false;
  }
  for (size_t i = 0; i < std::min(leads->size(), buckets.size()); ++i) {
    const int64_t since = buckets[i]->untold_ns.load(std::memory_order_relaxed);
    buckets[i]->tokens.NotFullBefore(asked + (*leads)[i] * 1000 + since);
  }
  return true;
}

void SharedBudget::Note(bool answered) {
  const auto now = Clock::now();
  if (answered) answered_ = now;
  const bool reachable = now - answered_ < options_.patience;
  if (reachable == reachable_.exchange(reachable)) return;
  options_.on_change(reachable);
  if (reachable) {
    log::Info("shared limits: Redis answers again");
  } else {
    log::Warning("shared limits: Redis at {}:{} does not answer", options_.redis.host,
                 options_.redis.port);
  }
}

}  // namespace keelrow::gateway
