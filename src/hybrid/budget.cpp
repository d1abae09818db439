#include "hybrid/budget.h"

#include <algorithm>
#include <mutex>
#include <optional>

#include "base/files.h"
#include "base/json.h"
#include "base/periodic.h"

namespace keelrow::hybrid {
namespace {

constexpr double kBlockShare = 0.01;  // of the limit, taken out of the file at a time
constexpr std::chrono::milliseconds kEvery{1'000};
constexpr std::chrono::milliseconds kLockWait{5'000};
constexpr uint64_t kFileMax = 4096;

/// What all processes have taken in one period; a later one than ours, where our clock is behind.
struct Ledger {
  int64_t period = 0;
  double taken = 0;
};

Ledger ReadLedger(const std::filesystem::path& file, int64_t period) {
  if (!std::filesystem::exists(file)) return {.period = period};
  const Json json = Json::parse(ReadFile(file, kFileMax), nullptr, false);
  const bool whole = json.is_object() && json.contains("period") && json.contains("taken") &&
                     json["period"].is_number_integer() && json["taken"].is_number();
  if (!whole) {
    throw Error(Code::kCorrupt, "`" + file.string() + "` is not what was spent",
                {.hint = "delete it to begin anew"});
  }
  const Ledger ledger{.period = json["period"].get<int64_t>(),
                      .taken = json["taken"].get<double>()};
  return ledger.period < period ? Ledger{.period = period} : ledger;
}

}  // namespace

struct Budget::State {
  explicit State(BudgetOptions given) : options(std::move(given)) {
    Refill();
    periodic.emplace(kEvery, [this] {
      Refill();
      return kEvery;
    });
  }

  int64_t PeriodNow() const {
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(options.clock().time_since_epoch());
    return now / options.period;
  }

  /// Changes the ledger, between processes one at a time. `change` says whether it did.
  template <class Change>
  void WithLedger(const Change& change) const {
    std::filesystem::path lock_file = options.file;
    lock_file += ".lock";
    const FileLock lock(lock_file, kLockWait);
    Ledger ledger = ReadLedger(options.file, PeriodNow());
    if (!change(ledger)) return;
    WriteFileDurably(options.file,
                     Json({{"period", ledger.period}, {"taken", ledger.taken}}).dump());
  }

  double Block() const { return std::max(options.limit * kBlockShare, largest); }

  /// Takes a block when less than half of one is at hand, and leaves the last period's.
  void Refill() {
    {
      const std::lock_guard lock(mutex);
      if (period == PeriodNow() && at_hand >= Block() / 2) return;
    }
    double more = 0;
    WithLedger([&](Ledger& ledger) {
      const std::lock_guard lock(mutex);
      if (period != PeriodNow()) Begin(PeriodNow());
      if (ledger.period > period) return false;  // nothing is spent until our clock is there
      more = std::clamp(options.limit - ledger.taken, 0.0, Block());
      ledger.taken += more;
      return more > 0;
    });
    // Not before the disk has it.
    const std::lock_guard lock(mutex);
    at_hand += more;
    dry = more == 0;
  }

  void Begin(int64_t now) {
    period = now;
    at_hand = spent = 0;
  }

  const BudgetOptions options;
  mutable std::mutex mutex;  // of all below
  int64_t period = -1;
  double at_hand = 0;
  double spent = 0;
  double largest = 0;  // cost of one request that was asked for
  bool dry = false;    // the file has no more of this period
  std::optional<Periodic> periodic;
};

Budget::Budget(BudgetOptions options) : state_(std::make_unique<State>(std::move(options))) {}

Budget::~Budget() {
  state_->periodic.reset();
  try {
    state_->WithLedger([this](Ledger& ledger) {
      if (ledger.period != state_->period) return false;
      ledger.taken -= state_->at_hand;
      return true;
    });
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the block counts as spent
  }
}

std::optional<Budget::Taken> Budget::Take(double cost) {
  State& state = *state_;
  std::optional<Taken> taken;
  bool refill = false;
  {
    const std::lock_guard lock(state.mutex);
    state.largest = std::max(state.largest, cost);
    const bool now = state.period == state.PeriodNow();
    if (now && cost <= state.at_hand) {
      taken = Taken{.cost = cost, .period = state.period};
      state.at_hand -= cost;
      state.spent += cost;
    }
    refill = !now || (!state.dry && state.at_hand < state.Block() / 2);
  }
  if (refill) state.periodic->Poke();
  return taken;
}

void Budget::PutBack(const Taken& taken) {
  const std::lock_guard lock(state_->mutex);
  if (state_->period != taken.period) return;
  state_->at_hand += taken.cost;
  state_->spent -= taken.cost;
}

double Budget::limit() const {
  return state_->options.limit;
}

double Budget::Spent() const {
  const std::lock_guard lock(state_->mutex);
  return state_->spent;
}

}  // namespace keelrow::hybrid
