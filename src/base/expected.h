#pragma once

#include <utility>
#include <variant>

#include "base/error.h"

namespace keelrow {

/// A value, or the Error that stands in its place: for parsers of hostile input and hot loops,
/// where failing is ordinary. `Value()` throws the error; it is the bridge to code that throws.
template <class T>
class [[nodiscard]] Expected {
 public:
  Expected(T value) : state_(std::move(value)) {}      // NOLINT: implicit on purpose
  Expected(Error error) : state_(std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& operator*() { return std::get<0>(state_); }
  const T& operator*() const { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const Error& error() const { return std::get<1>(state_); }

  T Value() && {
    if (!ok()) throw error();
    return std::move(std::get<0>(state_));
  }

 private:
  std::variant<T, Error> state_;
};

}  // namespace keelrow
