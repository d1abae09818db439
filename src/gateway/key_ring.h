#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/periodic.h"
#include "base/watched_file.h"
#include "gateway/fetch.h"
#include "gateway/key_set.h"
#include "gateway/snapshot.h"

namespace keelrow::gateway {

/// Where the keys of an issuer come from, and how often.
struct KeySource {
  std::string location;                        // a URL, or the path of a file
  std::chrono::milliseconds refresh{300'000};  // a URL is fetched again after that
  std::chrono::milliseconds poll{1'000};       // a file is looked at after that, or for a new key
  std::chrono::milliseconds retry{10'000};     // at least between two fetches for new keys
  FetchLimits limits{};
};

/// The keys of one issuer, which change while we run: a thread of its own reads them again
/// periodically, when their file changes, and when a token names a key that is not known. While
/// that fails the last good keys stay. Any thread may ask.
class KeyRing {
 public:
  /// Keys that never change.
  explicit KeyRing(KeySet keys);
  /// Throws for a file that cannot be used, and for a bad URL. That a URL does not answer is no
  /// reason not to start: it is logged, and its tokens are not decided on until it does.
  explicit KeyRing(KeySource source);
  ~KeyRing();
  KeyRing(const KeyRing&) = delete;

  /// Null while none were read yet.
  std::shared_ptr<const KeySet> Get() const { return keys_.Get(); }

  /// Tells that a token named a key that is not here. True when the keys are being read again on
  /// that account, so that the answer may soon be another; false when they were read lately.
  bool Missed() const;

 private:
  struct Live;  // of keys that change
  void Take(const std::string& text);
  std::chrono::milliseconds Refresh();

  Snapshot<KeySet> keys_;
  std::unique_ptr<Live> live_;  // null when they never change
};

}  // namespace keelrow::gateway
