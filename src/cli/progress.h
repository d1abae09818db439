#pragma once

#include <chrono>
#include <string>

namespace keelrow::cli {

/// One line that renews itself on a terminal, and a plain line every few seconds elsewhere.
/// Written to standard error, so that results can be piped.
class Progress {
 public:
  explicit Progress(bool quiet);
  ~Progress();

  /// The present state; may come often.
  void Show(const std::string& line);
  /// A line that stays.
  void Keep(const std::string& line);

 private:
  void Clear();

  bool quiet_;
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace keelrow::cli
