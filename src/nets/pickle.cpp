#include "nets/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <unordered_map>

// Opcodes: CPython, Lib/pickletools.py.
namespace keelrow::nets {
namespace {

constexpr size_t kValuesMax = size_t{1} << 22;  // ResNet-152's state_dict needs 15,000

/// Opcodes that make Python look up or call code. None of them is needed for weights.
struct Calling {
  uint8_t code;
  const char* name;
};
constexpr Calling kCalling[] = {{'i', "INST"},       {'o', "OBJ"},   {0x81, "NEWOBJ"},
                                {0x92, "NEWOBJ_EX"}, {0x82, "EXT1"}, {0x83, "EXT2"},
                                {0x84, "EXT4"},      {'P', "PERSID"}};

constexpr std::string_view kOrderedDict = "collections.OrderedDict";

}  // namespace

/// The machine that a pickle is a program for: a stack, marks in it, and a memo.
class Unpickler {
 public:
  using Ref = Pickle::Ref;

  Unpickler(std::string_view bytes, std::span<const std::string_view> globals,
            std::string_view source)
      : bytes_(bytes), globals_(globals), source_(source) {}

  Expected<Pickle> Run() && {
    while (!stopped_ && !failure_) Step();
    if (failure_) return *failure_;
    pickle_.size_ = at_;
    return std::move(pickle_);
  }

 private:
  void Step();
  bool StepConstant(uint8_t opcode);
  bool StepContainer(uint8_t opcode);
  bool StepStack(uint8_t opcode);
  bool StepReference(uint8_t opcode);

  void Fail(Code code, const std::string& what, const std::string& hint = {}) {
    if (failure_) return;  // the first fault is the one to tell
    failure_.emplace(code, fmt::format("{}: {}", source_, what), ErrorParts{.hint = hint});
  }
  void Corrupt(const char* what) {
    Fail(Code::kCorrupt, fmt::format("its pickle is damaged at byte {}: {}", at_, what),
         "it may be truncated; fetch it again");
  }

  std::string_view Take(uint64_t count) {
    if (count > bytes_.size() - at_) {
      Corrupt("it ends too early");
      return {};
    }
    const std::string_view taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }
  /// A little-endian number of so many bytes, at most 8; 0 where the pickle ends.
  uint64_t Number(size_t bytes) {
    uint64_t number = 0;
    int shift = 0;
    for (const char byte : Take(bytes)) {
      number |= uint64_t{static_cast<uint8_t>(byte)} << shift;
      shift += 8;
    }
    return number;
  }
  /// The same as two's complement.
  int64_t SignedNumber(size_t bytes) {
    if (bytes == 0) return 0;
    const auto shift = static_cast<int>(64 - 8 * bytes);
    return static_cast<int64_t>(Number(bytes) << shift) >> shift;
  }
  std::string_view Line() {
    const size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) {
      Corrupt("a name has no end");
      return {};
    }
    const std::string_view line = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return line;
  }

  Ref Add(Pickle::Value value) {
    if (pickle_.values_.size() >= kValuesMax) {
      Fail(Code::kLimit, fmt::format("its pickle has more than {} values", kValuesMax));
      return 0;
    }
    pickle_.values_.push_back(std::move(value));
    return static_cast<Ref>(pickle_.values_.size()) - 1;
  }
  void Push(Pickle::Value value) { stack_.push_back(Add(std::move(value))); }

  /// 0, an index that always exists, where the stack is empty; Run then fails.
  Ref Pop() {
    if (stack_.size() <= Floor()) {
      Corrupt("it takes from an empty stack");
      return pickle_.values_.empty() ? Add(Pickle::None{}) : 0;
    }
    const Ref top = stack_.back();
    stack_.pop_back();
    return top;
  }
  size_t Floor() const { return marks_.empty() ? 0 : marks_.back(); }

  std::vector<Ref> PopToMark() {
    if (marks_.empty()) {
      Corrupt("it lacks a mark");
      return {};
    }
    std::vector<Ref> items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()),
                           stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }
  std::vector<Ref> PopMany(size_t count) {
    std::vector<Ref> items(count);
    for (size_t i = count; i > 0; --i) items[i - 1] = Pop();
    return items;
  }

  /// The container on top of the stack, which stays there; null, after a failure, if it is none.
  template <class T>
  T* Top() {
    if (stack_.size() > Floor()) {
      if (T* container = std::get_if<T>(&pickle_.values_[stack_.back()])) return container;
    }
    Corrupt("it fills something that is no container");
    return nullptr;
  }
  void Append(const std::vector<Ref>& items) {
    auto* list = Top<Pickle::List>();
    if (list != nullptr) list->items.insert(list->items.end(), items.begin(), items.end());
  }
  void SetItems(const std::vector<Ref>& items) {
    auto* dict = Top<Pickle::Dict>();
    if (items.size() % 2 != 0) Corrupt("a key lacks its value");
    if (dict == nullptr || failure_) return;
    for (size_t i = 0; i < items.size(); i += 2) dict->items.emplace_back(items[i], items[i + 1]);
  }
  void PushDict(const std::vector<Ref>& items) {
    Push(Pickle::Dict{});
    SetItems(items);
  }

  void Global(const std::string& name);
  void StackGlobal();
  void Reduce();
  void Build();
  void Remember(uint64_t index);
  void Recall(uint64_t index);

  const std::string_view bytes_;
  const std::span<const std::string_view> globals_;
  const std::string_view source_;
  size_t at_ = 0;
  bool stopped_ = false;
  std::optional<Error> failure_;
  Pickle pickle_;
  std::vector<Ref> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::unordered_map<uint64_t, Ref> memo_;
};

void Unpickler::Step() {
  const auto opcode = static_cast<uint8_t>(Number(1));
  if (failure_) return;
  if (StepConstant(opcode) || StepContainer(opcode) || StepStack(opcode) || StepReference(opcode)) {
    return;
  }
  const auto* calling = std::ranges::find(kCalling, opcode, &Calling::code);
  if (calling != std::end(kCalling)) {
    Fail(Code::kUnsafe,
         fmt::format("its pickle asks Python to run code ({}); nothing of it was run",
                     calling->name),
         "weights never need that: do not open this file in Python either");
    return;
  }
  Fail(Code::kUnsupported,
       fmt::format("its pickle has the opcode 0x{:02x} at byte {}", opcode, at_ - 1),
       "save the weights anew: torch.save(model.state_dict(), …), or as safetensors");
}

bool Unpickler::StepConstant(uint8_t opcode) {
  switch (opcode) {
    case 'N':
      return Push(Pickle::None{}), true;
    case 0x88:
      return Push(true), true;
    case 0x89:
      return Push(false), true;
    case 'J':
      return Push(SignedNumber(4)), true;
    case 'K':
      return Push(static_cast<int64_t>(Number(1))), true;
    case 'M':
      return Push(static_cast<int64_t>(Number(2))), true;
    case 0x8a: {  // LONG1
      const uint64_t size = Number(1);
      if (size > 8) return Fail(Code::kUnsupported, "its pickle has a number above 64 bits"), true;
      return Push(SignedNumber(size)), true;
    }
    case 'G':  // big-endian
      return Push(std::bit_cast<double>(__builtin_bswap64(Number(8)))), true;
    case 'U':   // SHORT_BINSTRING
    case 'C':   // SHORT_BINBYTES
    case 0x8c:  // SHORT_BINUNICODE
      return Push(std::string(Take(Number(1)))), true;
    case 'T':  // BINSTRING
    case 'B':  // BINBYTES
    case 'X':  // BINUNICODE
      return Push(std::string(Take(Number(4)))), true;
    case 0x8d:  // BINUNICODE8
    case 0x8e:  // BINBYTES8
      return Push(std::string(Take(Number(8)))), true;
    default:
      return false;
  }
}

bool Unpickler::StepContainer(uint8_t opcode) {
  switch (opcode) {
    case ']':
      return Push(Pickle::List{}), true;
    case 'l':
      return Push(Pickle::List{PopToMark()}), true;
    case 'a':
      return Append({Pop()}), true;
    case 'e':
      return Append(PopToMark()), true;
    case ')':
      return Push(Pickle::Tuple{}), true;
    case 't':
      return Push(Pickle::Tuple{PopToMark()}), true;
    case 0x85:
    case 0x86:
    case 0x87:  // TUPLE1 … TUPLE3
      return Push(Pickle::Tuple{PopMany(opcode - 0x84)}), true;
    case '}':
      return Push(Pickle::Dict{}), true;
    case 'd':
      return PushDict(PopToMark()), true;
    case 's':
      return SetItems(PopMany(2)), true;
    case 'u':
      return SetItems(PopToMark()), true;
    default:
      return false;
  }
}

bool Unpickler::StepStack(uint8_t opcode) {
  switch (opcode) {
    case 0x80:  // PROTO
      if (Number(1) > 5) Fail(Code::kUnsupported, "its pickle is of a protocol above 5");
      return true;
    case 0x95:  // FRAME
      return Number(8), true;
    case '(':
      return marks_.push_back(stack_.size()), true;
    case '0':
      return Pop(), true;
    case '1':
      return PopToMark(), true;
    case '2': {  // DUP
      const Ref top = Pop();
      stack_.insert(stack_.end(), 2, top);
      return true;
    }
    case '.':
      pickle_.root_ = Pop();
      return stopped_ = true;
    default:
      return false;
  }
}

bool Unpickler::StepReference(uint8_t opcode) {
  switch (opcode) {
    case 'q':
      return Remember(Number(1)), true;
    case 'r':
      return Remember(Number(4)), true;
    case 0x94:
      return Remember(memo_.size()), true;
    case 'h':
      return Recall(Number(1)), true;
    case 'j':
      return Recall(Number(4)), true;
    case 'c': {
      const std::string module(Line());
      return Global(fmt::format("{}.{}", module, Line())), true;
    }
    case 0x93:
      return StackGlobal(), true;
    case 'R':
      return Reduce(), true;
    case 'b':
      return Build(), true;
    case 'Q':
      return Push(Pickle::Persistent{Pop()}), true;
    default:
      return false;
  }
}

void Unpickler::Global(const std::string& name) {
  if (std::ranges::find(globals_, name) != globals_.end()) return Push(Pickle::Global{name});
  Fail(Code::kUnsafe,
       fmt::format("its pickle names `{}`, which is no part of weights; nothing of it was run",
                   name),
       "if it is a whole model, save its weights alone: torch.save(model.state_dict(), …)");
}

void Unpickler::StackGlobal() {
  const std::vector<Ref> names = PopMany(2);
  if (failure_) return;
  const auto* module = pickle_.As<std::string>(names[0]);
  const auto* name = pickle_.As<std::string>(names[1]);
  if (module == nullptr || name == nullptr) return Corrupt("a name is no text");
  Global(fmt::format("{}.{}", *module, *name));
}

void Unpickler::Reduce() {
  const std::vector<Ref> parts = PopMany(2);
  if (failure_) return;
  const auto* callee = pickle_.As<Pickle::Global>(parts[0]);
  const auto* arguments = pickle_.As<Pickle::Tuple>(parts[1]);
  if (callee == nullptr || arguments == nullptr) return Corrupt("it calls what is no function");
  const bool new_dict = callee->name == kOrderedDict && arguments->items.empty();
  Push(new_dict ? Pickle::Value(Pickle::Dict{}) : Pickle::Value(Pickle::Call{parts[0], parts[1]}));
}

/// The attributes of an object. PyTorch gives its dictionaries one, `_metadata`, which says nothing
/// about the values.
void Unpickler::Build() {
  Pop();
  Top<Pickle::Dict>();
}

void Unpickler::Remember(uint64_t index) {
  if (stack_.size() <= Floor()) return Corrupt("it remembers from an empty stack");
  memo_[index] = stack_.back();
}

void Unpickler::Recall(uint64_t index) {
  const auto found = memo_.find(index);
  if (found == memo_.end()) return Corrupt("it recalls what it never had");
  stack_.push_back(found->second);
}

Expected<Pickle> ParsePickle(std::string_view bytes, std::span<const std::string_view> globals,
                             std::string_view source) {
  return Unpickler(bytes, globals, source).Run();
}

}  // namespace keelrow::nets
