#pragma once

#include <functional>

namespace keelrow {

// The thread of an event loop works in turns: it deals with all that has come, then looks for more.
// What costs less when it is done for several of these together is put off to the end of the turn.

using TurnWork = std::function<void()>;

/// Says, while it lives, that the thread it was made on works in turns. Must end on that thread.
class TurnsOfThisThread {
 public:
  /// `at_end` is called on this thread, during a turn, and has the work done at the turn's end.
  explicit TurnsOfThisThread(std::function<void(TurnWork)> at_end);
  ~TurnsOfThisThread();
  TurnsOfThisThread(const TurnsOfThisThread&) = delete;
};

/// False, and nothing is done with `work`, on a thread that does not work in turns.
bool AtEndOfTurn(TurnWork work);

}  // namespace keelrow
