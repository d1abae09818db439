#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "http/encoding.h"

namespace keelrow::http {

/// A body as it comes over HTTP/2: its coding undone and, in gRPC, its messages taken apart (a byte
/// that says whether the message is compressed, four of length, the highest first). In steps that
/// are short whatever is sent, as Inflater's are. Hostile input: a message that is larger than
/// allowed is refused before it comes. Not thread-safe.
class BodyReader {
 public:
  enum class Framing { kNone, kMessages };
  /// `coding`: of the whole body, or of those messages that say they are compressed.
  BodyReader(Framing framing, Coding coding, InflateLimits limits);

  enum class Step {
    kHungry,   // all was taken that can be
    kWorking,  // there is more to do with what came
    kMessage,  // `body` is a whole message; the next step begins another
  };
  /// Takes bytes off the front of `input` and appends to `body`. kBadRequest, kTooLarge.
  Expected<Step> Take(std::string_view& input, std::string& body);

  /// Why a body cannot end here; empty if it can.
  std::optional<Error> FaultAtEnd() const;
  /// Whether a message has begun and not ended.
  bool InMessage() const { return in_message_ || prefix_size_ > 0; }
  /// Memory beside the body.
  size_t OwnBytes() const { return inflater_ ? Inflater::kOwnBytes : 0; }

 private:
  Expected<Step> TakePlain(std::string_view& input, std::string& body);
  /// Empty when the whole prefix is there and good.
  std::optional<Error> BeginMessage();
  Expected<Step> TakeMessage(std::string_view& input, std::string& body);

  const Framing framing_;
  const Coding coding_;
  const InflateLimits limits_;
  std::optional<Inflater> inflater_;
  std::array<unsigned char, 5> prefix_{};
  size_t prefix_size_ = 0;
  bool in_message_ = false;
  size_t message_left_ = 0;  // bytes that still come
  bool any_ = false;
};

}  // namespace keelrow::http
