#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace keelrow::labels {

/// Goes through the elements of a JSON array without reading the whole of it: so a file of
/// gigabytes needs the memory of its largest element. Finds only where an element ends; whether it
/// is well-formed, its parser says.
class JsonElements {
 public:
  explicit JsonElements(std::string_view array) : text_(array) {}

  /// The next element; nothing at the end of the array, or where fault() says why not.
  std::optional<std::string_view> Next();
  /// Empty: none so far.
  const std::string& fault() const { return fault_; }
  /// The byte that was reached.
  size_t at() const { return at_; }

 private:
  void SkipSpace();
  bool SkipElement();
  bool SkipText();

  std::string_view text_;
  size_t at_ = 0;
  bool started_ = false;
  bool ended_ = false;
  std::string fault_;
};

}  // namespace keelrow::labels
