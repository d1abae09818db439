#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/expected.h"

namespace keelrow::nets {

/// What a Python pickle describes, as data. Python builds objects from one by calling whatever the
/// file names; here nothing is ever called: a call stands in the tree as a Call node, for a reader
/// who knows what it means. Values lie in one array and refer to each other by index, so that no
/// nesting, however deep, makes a deep recursion.
class Pickle {
 public:
  using Ref = uint32_t;

  struct None {};
  struct Global {
    std::string name;  // "collections.OrderedDict"
  };
  struct List {
    std::vector<Ref> items;
  };
  struct Tuple {
    std::vector<Ref> items;
  };
  struct Dict {
    std::vector<std::pair<Ref, Ref>> items;
  };
  struct Call {
    Ref callee;     // a Global
    Ref arguments;  // a Tuple
  };
  struct Persistent {
    Ref id;  // what stands outside the pickle
  };
  using Value = std::variant<None, bool, int64_t, double, std::string, Global, List, Tuple, Dict,
                             Call, Persistent>;

  const Value& operator[](Ref ref) const { return values_[ref]; }
  Ref root() const { return root_; }
  Ref count() const { return static_cast<Ref>(values_.size()); }
  /// Bytes up to and with its STOP; others may follow.
  size_t size() const { return size_; }

  /// The value when it is a T, else null.
  template <class T>
  const T* As(Ref ref) const {
    return std::get_if<T>(&values_[ref]);
  }

 private:
  friend class Unpickler;
  std::vector<Value> values_;
  Ref root_ = 0;
  size_t size_ = 0;
};

/// Reads the pickle at the start of `bytes` (protocols 2 to 5). `globals` are the only names that
/// it may mention; `source` stands for it in messages. kUnsafe for another name and for every
/// opcode that makes Python call or import something; kCorrupt where it is damaged; kUnsupported
/// for what weights never need; kLimit for more than 4 million values.
Expected<Pickle> ParsePickle(std::string_view bytes, std::span<const std::string_view> globals,
                             std::string_view source);

}  // namespace keelrow::nets
