#pragma once

// For tests: HTTP/2 frames made and read by hand, so that they can be as wrong as an attacker's.

#include <nghttp2/nghttp2.h>

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "http/message.h"
#include "http/raw_connection.h"

namespace keelrow::http {

enum FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};
constexpr uint8_t kEndStream = 1, kAck = 1, kEndHeaders = 4;

inline std::string BigEndian(uint32_t number, int bytes = 4) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    text += static_cast<char>(number >> shift);
  }
  return text;
}

/// `length`: what the frame claims; its payload's size by default.
inline std::string Frame(FrameType type, uint8_t flags, uint32_t stream, std::string_view payload,
                         std::optional<uint32_t> length = {}) {
  std::string bytes = BigEndian(length.value_or(static_cast<uint32_t>(payload.size())), 3);
  bytes += static_cast<char>(type);
  bytes += static_cast<char>(flags);
  return bytes + BigEndian(stream) + std::string(payload);
}

/// A field of HPACK, literal and not indexed; lengths up to 16 K.
inline std::string Hpack(std::string_view name, std::string_view value) {
  std::string bytes(1, '\0');
  for (const std::string_view text : {name, value}) {
    if (text.size() < 127) {
      bytes += static_cast<char>(text.size());
    } else {
      const size_t rest = text.size() - 127;
      bytes += '\x7f';
      bytes += static_cast<char>(rest % 128 | 128);
      bytes += static_cast<char>(rest / 128);
    }
    bytes += text;
  }
  return bytes;
}

using FieldList = std::vector<std::pair<std::string, std::string>>;

inline std::string Block(const FieldList& fields) {
  std::string block;
  for (const auto& [name, value] : fields) block += Hpack(name, value);
  return block;
}
inline FieldList RequestFields(std::string_view method, std::string_view path,
                               const FieldList& more = {}) {
  FieldList fields = {{":method", std::string(method)},
                      {":scheme", "http"},
                      {":path", std::string(path)},
                      {":authority", "x"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}
inline std::string GetFrame(uint32_t stream, std::string_view path) {
  return Frame(kHeaders, kEndStream | kEndHeaders, stream, Block(RequestFields("GET", path)));
}
/// A POST whose body, or more of it, follows.
inline std::string PostHead(uint32_t stream, std::string_view path, const FieldList& more = {}) {
  return Frame(kHeaders, kEndHeaders, stream, Block(RequestFields("POST", path, more)));
}

/// What came on one stream.
struct StreamSeen {
  Headers head;
  Headers trailers;
  std::string body;
  bool ended = false;
  std::optional<uint32_t> reset;

  std::string Status() const { return std::string(head.Find(":status").value_or("none")); }
};

/// A client that has sent the preface and reads frames.
class Http2Raw {
 public:
  static constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  static constexpr auto kPatience = std::chrono::seconds(20);

  explicit Http2Raw(uint16_t port, const std::string& settings = Frame(kSettings, 0, 0, ""))
      : raw_(port) {
    nghttp2_hd_inflater* made = nullptr;
    ::nghttp2_hd_inflate_new(&made);
    inflater_.reset(made);
    Send(std::string(kPreface) + settings);
    // Only what is acknowledged holds: before that, windows are small.
    ReadUntil([this] { return has_settings_; });
    Send(Frame(kSettings, kAck, 0, ""));
  }

  bool Send(std::string_view bytes) { return raw_.Send(bytes); }
  RawConnection& raw() { return raw_; }

  /// Reads until `done` or the end; true when it is done.
  template <class Done>
  bool ReadUntil(Done done, std::chrono::milliseconds patience = kPatience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!done() && !closed_ && std::chrono::steady_clock::now() < end) {
      pending_ += raw_.ReceiveSome(std::chrono::milliseconds(50), closed_);
      while (TakeFrame()) {
      }
    }
    return done();
  }
  const StreamSeen& Answer(uint32_t stream) {
    ReadUntil([&] { return streams[stream].ended || streams[stream].reset; });
    return streams[stream];
  }
  /// Why the other side says goodbye; empty if it does not before it closes.
  std::optional<uint32_t> Goodbye(std::chrono::milliseconds patience = kPatience) {
    ReadUntil([&] { return goodbye.has_value(); }, patience);
    return goodbye;
  }
  bool WaitForClose() {
    ReadUntil([] { return false; });
    return closed_;
  }

  std::map<uint32_t, StreamSeen> streams;
  std::optional<uint32_t> goodbye;
  int pings = 0;

 private:
  struct Delete {
    void operator()(nghttp2_hd_inflater* inflater) const { ::nghttp2_hd_inflate_del(inflater); }
  };

  static uint32_t Number(std::string_view bytes) {
    uint32_t number = 0;
    for (const unsigned char byte : bytes) number = number << 8 | byte;
    return number;
  }

  bool TakeFrame() {
    if (pending_.size() < 9) return false;
    const size_t size = Number(pending_.substr(0, 3));
    if (pending_.size() < 9 + size) return false;
    const auto type = static_cast<uint8_t>(pending_[3]);
    const auto flags = static_cast<uint8_t>(pending_[4]);
    const uint32_t id = Number(pending_.substr(5, 4));
    const std::string payload = pending_.substr(9, size);
    pending_.erase(0, 9 + size);
    StreamSeen& stream = streams[id];
    if (type == kHeaders)
      ReadBlock(payload, stream.head.size() > 0 ? stream.trailers : stream.head);
    if (type == kData) stream.body += payload;
    if ((type == kHeaders || type == kData) && (flags & kEndStream) != 0) stream.ended = true;
    if (type == kReset) stream.reset = Number(payload);
    if (type == kGoaway) goodbye = Number(payload.substr(4, 4));
    if (type == kPing) ++pings;
    if (type == kSettings) has_settings_ = true;
    return true;
  }

  void ReadBlock(const std::string& block, Headers& into) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(block.data());
    size_t left = block.size();
    while (true) {
      nghttp2_nv field{};
      int flags = 0;
      const ssize_t used =
          ::nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags, bytes, left, 1);
      if (used < 0) throw std::runtime_error("no HPACK");
      bytes += used;
      left -= static_cast<size_t>(used);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        into.Add({reinterpret_cast<const char*>(field.name), field.namelen},
                 {reinterpret_cast<const char*>(field.value), field.valuelen});
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
    }
    ::nghttp2_hd_inflate_end_headers(inflater_.get());
  }

  RawConnection raw_;
  std::unique_ptr<nghttp2_hd_inflater, Delete> inflater_;
  std::string pending_;
  bool has_settings_ = false;
  bool closed_ = false;
};

/// One of gRPC's messages in its frame.
inline std::string GrpcFrame(std::string_view message, bool compressed = false) {
  return std::string(1, compressed ? '\1' : '\0') +
         BigEndian(static_cast<uint32_t>(message.size())) + std::string(message);
}

}  // namespace keelrow::http
