#include "http/encoding.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <new>

#include "base/text.h"

namespace keelrow::http {
namespace {

// zlib's way to ask for a gzip frame instead of its own.
constexpr int kWindowBits = 15;
constexpr int kGzipFrame = 16;
// A third of the time of the usual level 6, for some 10 % more bytes.
constexpr int kFast = 1;
constexpr int kMemoryLevel = 8;

Bytef* Bytes(const char* text) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text));
}

/// "gzip;q=0" refuses; without a weight, or with one that is no number, it accepts.
bool WeightIsZero(std::string_view parameters) {
  const size_t at = parameters.find("q=");
  if (at == std::string_view::npos) return false;
  double weight = 1;
  std::from_chars(parameters.data() + at + 2, parameters.data() + parameters.size(), weight);
  return weight <= 0;
}

bool IsGzip(std::string_view name) {
  return EqualIgnoringCase(name, "gzip") || EqualIgnoringCase(name, "x-gzip");
}

/// A thread's compressor, made once: zlib clears 256 KB for a new one.
class Deflater {
 public:
  Deflater() {
    if (::deflateInit2(&stream_, kFast, Z_DEFLATED, kWindowBits + kGzipFrame, kMemoryLevel,
                       Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Deflater() { ::deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;

  std::string Run(std::string_view bytes) {
    ::deflateReset(&stream_);
    std::string out(::deflateBound(&stream_, bytes.size()), '\0');
    stream_.next_in = Bytes(bytes.data());
    stream_.avail_in = static_cast<uInt>(bytes.size());
    stream_.next_out = Bytes(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    ::deflate(&stream_, Z_FINISH);  // ends: there is room for the worst case
    out.resize(out.size() - stream_.avail_out);
    return out;
  }

 private:
  z_stream stream_{};
};

}  // namespace

std::optional<Coding> CodingOf(const Headers& headers) {
  const auto given = headers.Find("Content-Encoding");
  if (!given) return Coding::kIdentity;
  if (headers.Count("Content-Encoding") > 1) return std::nullopt;
  const std::string_view name = Trimmed(*given);
  if (name.empty() || EqualIgnoringCase(name, "identity")) return Coding::kIdentity;
  if (IsGzip(name)) return Coding::kGzip;
  if (EqualIgnoringCase(name, "deflate")) return Coding::kDeflate;
  return std::nullopt;
}

bool AcceptsGzip(const Headers& headers) {
  bool by_star = false;
  std::string_view rest = headers.Find("Accept-Encoding").value_or("");
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(item.size() + 1, rest.size()));
    const size_t semicolon = std::min(item.find(';'), item.size());
    const std::string_view name = Trimmed(item.substr(0, semicolon));
    const bool wanted = !WeightIsZero(item.substr(semicolon));
    if (IsGzip(name)) return wanted;
    if (name == "*") by_star = wanted;
  }
  return by_star;
}

std::string Gzip(std::string_view bytes) {
  thread_local Deflater deflater;
  return deflater.Run(bytes);
}

struct Inflater::State {
  State(Coding coding, InflateLimits limits) : coding(coding), limits(limits) {
    const int frame = coding == Coding::kGzip ? kGzipFrame : 0;
    if (::inflateInit2(&stream, kWindowBits + frame) != Z_OK) throw std::bad_alloc();
  }
  ~State() { ::inflateEnd(&stream); }
  State(const State&) = delete;

  /// Empty while what came out is within the limits.
  std::optional<Error> Excess() const {
    if (bytes_out > limits.bytes_max) {
      return Error(
          Code::kTooLarge,
          fmt::format("the body is larger than {} bytes when decompressed", limits.bytes_max));
    }
    if (bytes_out > limits.ratio_free_bytes && bytes_out / limits.ratio_max > bytes_in) {
      return Error(Code::kTooLarge,
                   fmt::format("the body grows to more than {} times its size", limits.ratio_max));
    }
    return std::nullopt;
  }

  Coding coding;
  InflateLimits limits;
  z_stream stream{};
  size_t bytes_in = 0;
  size_t bytes_out = 0;
  bool finished = false;
};

Inflater::Inflater(Coding coding, InflateLimits limits)
    : state_(std::make_unique<State>(coding, limits)) {}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&& other) noexcept = default;
Inflater& Inflater::operator=(Inflater&& other) noexcept = default;

bool Inflater::finished() const {
  return state_->finished;
}

Expected<bool> Inflater::Step(std::string_view& input, std::string& output) {
  thread_local std::array<char, kStepBytes> room;
  State& state = *state_;
  if (state.finished) {
    if (input.empty()) return false;
    // A gzip stream may be several, one after the other (RFC 1952 section 2.2).
    if (state.coding != Coding::kGzip) {
      return Error(Code::kBadRequest, "the compressed body goes on behind its end");
    }
    ::inflateReset(&state.stream);
    state.finished = false;
  }
  z_stream& stream = state.stream;
  stream.next_in = Bytes(input.data());
  const size_t given = std::min(input.size(), kStepBytes);
  stream.avail_in = static_cast<uInt>(given);
  stream.next_out = Bytes(room.data());
  stream.avail_out = static_cast<uInt>(room.size());
  const int result = ::inflate(&stream, Z_NO_FLUSH);
  const size_t used = given - stream.avail_in;
  const size_t made = room.size() - stream.avail_out;
  input.remove_prefix(used);
  state.bytes_in += used;
  state.bytes_out += made;
  if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
    return Error(Code::kBadRequest,
                 fmt::format("the body is not {}",
                             state.coding == Coding::kGzip ? "gzip" : "deflate (zlib)"));
  }
  if (auto excess = state.Excess()) return *std::move(excess);
  output.append(room.data(), made);
  state.finished = result == Z_STREAM_END;
  const bool moved = used > 0 || made > 0;
  return moved && (!input.empty() || (stream.avail_out == 0 && !state.finished));
}

}  // namespace keelrow::http
