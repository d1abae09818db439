#include "http/shard.h"

#include <thread>

#include "base/turn.h"
#include "http/patience.h"

namespace keelrow::http {

void Shard::Run() {
  // Behind all that the last look for events has found.
  const TurnsOfThisThread turns([this](TurnWork work) { asio::post(io, std::move(work)); });
  Patience patience;
  while (!io.stopped()) {
    const auto looked = Clock::now();
    if (io.poll() > 0) {
      patience.Found(looked);
    } else if (patience.LooksAgain(looked) && shared.lookout.Take(*this)) {
      std::this_thread::yield();
    } else {
      shared.lookout.Leave(*this);
      io.run_one();
      patience.Found(Clock::now());
    }
  }
  shared.lookout.Leave(*this);
}

void Shard::Sweep() {
  const auto now = Clock::now();
  for (Connection* connection : connections) connection->CheckDeadline(now);
}

void Shard::Drain() {
  draining = true;
  for (Connection* connection : connections) connection->CloseIfIdle();
}

void Shard::Abort() {
  aborted = true;
  sweeper.cancel();
  reloader.cancel();
  for (Connection* connection : connections) connection->Abort();
}

Awaitable<void> Shard::KeepSweeping() {
  while (!aborted) {
    sweeper.expires_after(kSweepEvery);
    co_await sweeper.async_wait(kAwait);
    Sweep();
  }
}

}  // namespace keelrow::http
