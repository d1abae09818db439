#include "base/turn.h"

#include <utility>

namespace keelrow {
namespace {

thread_local std::function<void(TurnWork)> at_end_of_turn;

}  // namespace

TurnsOfThisThread::TurnsOfThisThread(std::function<void(TurnWork)> at_end) {
  at_end_of_turn = std::move(at_end);
}

TurnsOfThisThread::~TurnsOfThisThread() {
  at_end_of_turn = nullptr;
}

bool AtEndOfTurn(TurnWork work) {
  if (!at_end_of_turn) return false;
  at_end_of_turn(std::move(work));
  return true;
}

}  // namespace keelrow
