#include "http/shard.h"

#include <thread>

#include "base/parallel.h"
#include "base/turn.h"
#include "http/patience.h"

namespace keelrow::http {

void Shard::Run() {
  // Behind all that the last look for events has found.
  const TurnsOfThisThread turns([this](TurnWork work) { asio::post(io, std::move(work)); });
  Patience patience(AvailableCores() > 1);
  while (!io.stopped()) {
    if (io.poll() == 0) {
      if (patience.LooksAgain(Clock::now())) {
        std::this_thread::yield();
        continue;
      }
      io.run_one();
    }
    patience.Found(Clock::now());
  }
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
