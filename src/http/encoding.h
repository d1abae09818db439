#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "http/message.h"

namespace keelrow::http {

/// Content codings (RFC 9110 section 8.4). `deflate` is the zlib format, as the RFC says.
enum class Coding { kIdentity, kGzip, kDeflate };

/// What the Content-Encoding of a message names; empty for a coding that we do not know, and for
/// several one upon the other.
std::optional<Coding> CodingOf(const Headers& headers);

/// Whether the Accept-Encoding of a request lets its answer be gzip.
bool AcceptsGzip(const Headers& headers);

/// Compressed for speed; on the calling thread, some 100 MB/s.
std::string Gzip(std::string_view bytes);

struct InflateLimits {
  size_t bytes_max = 0;                       // of what comes out; above: kTooLarge
  size_t ratio_max = 200;                     // out by in; above: kTooLarge, but not before …
  size_t ratio_free_bytes = size_t{1} << 20;  // … that much came out: small zeros are harmless
};

/// Undoes the coding of one body, in pieces as they come and in steps that are short whatever is
/// sent, so that an IO thread can serve others in between. Not thread-safe.
class Inflater {
 public:
  /// Most bytes that one step gives: some 0.2 ms.
  static constexpr size_t kStepBytes = size_t{64} << 10;
  /// What an inflater itself takes: zlib's state and window.
  static constexpr size_t kOwnBytes = size_t{48} << 10;

  /// `coding` is not kIdentity.
  Inflater(Coding coding, InflateLimits limits);
  ~Inflater();
  Inflater(Inflater&& other) noexcept;
  Inflater& operator=(Inflater&& other) noexcept;

  /// Takes bytes off the front of `input` and appends at most kStepBytes to `output`. True when
  /// there is more to do with what came so far. kBadRequest for what is no such stream, kTooLarge.
  Expected<bool> Step(std::string_view& input, std::string& output);

  /// Whether the stream has come to its end: so it must when the body has.
  bool finished() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keelrow::http
