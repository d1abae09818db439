#include "http/shard.h"

namespace keelrow::http {

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
