#include "http/trace.h"

#include <fmt/format.h>

#include <cstring>

#include "base/hash.h"
#include "base/random.h"

namespace keelrow::http {
namespace {

constexpr size_t kLength = 55;  // 2-32-16-2

/// Lower-case hexadecimal digits only.
std::optional<uint64_t> ReadHex(std::string_view text) {
  uint64_t value = 0;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) return std::nullopt;
    value = value << 4U | static_cast<uint64_t>(digit ? c - '0' : c - 'a' + 10);
  }
  return value;
}

constexpr size_t kHalf = 16;  // digits of 64 bits

void WriteHex(uint64_t value, char* to) {
  for (size_t i = kHalf; i-- > 0; value >>= 4U) to[i] = "0123456789abcdef"[value & 0xfU];
}

/// A stream of draws for each thread, begun from the operating system's: a lock or a call into the
/// kernel for every request would cost more than all the rest of its trace.
uint64_t Draw() {
  thread_local Random random = [] {
    uint64_t seed = 0;
    std::memcpy(&seed, SecureRandomBytes(sizeof seed).data(), sizeof seed);
    return Random(seed, "trace");
  }();
  return random.Next();
}

uint64_t DrawNotZero() {
  while (true) {
    if (const uint64_t drawn = Draw()) return drawn;
  }
}

}  // namespace

std::string TraceContext::TraceId() const {
  std::string text(2 * kHalf, '0');  // by hand: it is written at every request
  WriteHex(trace_high, text.data());
  WriteHex(trace_low, text.data() + kHalf);
  return text;
}

std::string TraceContext::Traceparent() const {
  return fmt::format("00-{:016x}{:016x}-{:016x}-{:02x}", trace_high, trace_low, span,
                     sampled ? 1 : 0);
}

std::optional<TraceContext> ParseTraceparent(std::string_view text) {
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') {
    return std::nullopt;
  }
  const auto version = ReadHex(text.substr(0, 2));
  const auto high = ReadHex(text.substr(3, 16));
  const auto low = ReadHex(text.substr(19, 16));
  const auto parent = ReadHex(text.substr(36, 16));
  const auto flags = ReadHex(text.substr(53, 2));
  if (!version || !high || !low || !parent || !flags) return std::nullopt;
  if (*version == 0xff || (*high | *low) == 0 || *parent == 0) return std::nullopt;
  // Version 00 ends here; a later one may go on behind another dash.
  if (text.size() > kLength && (*version == 0 || text[kLength] != '-')) return std::nullopt;
  return TraceContext{
      .trace_high = *high, .trace_low = *low, .parent = *parent, .sampled = (*flags & 1) != 0};
}

uint64_t NewSpanId() {
  return DrawNotZero();
}

TraceContext NewTrace(double sample) {
  // The share is drawn from the id's own bits, as W3C's level 2 and OpenTelemetry do.
  const uint64_t low = DrawNotZero();
  const double place = static_cast<double>(low >> 11U) * 0x1.0p-53;
  return {.trace_high = Draw(), .trace_low = low, .span = NewSpanId(), .sampled = place < sample};
}

}  // namespace keelrow::http
