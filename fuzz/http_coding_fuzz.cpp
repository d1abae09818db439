// Whatever comes as gzip or deflate, in whatever pieces: a step gives no more than it may, all
// steps together no more than the limit and a step, and they end. What was compressed comes back.
#include "http/encoding.h"

#include <optional>
#include <string>

#include "require.h"

namespace keelrow::fuzz {
namespace {

using http::Inflater;

constexpr size_t kOutMax = size_t{1} << 20;

struct How {
  size_t piece;
  size_t ratio_max = size_t{1} << 30;
};

/// The whole of it, or nothing where it is refused.
std::optional<std::string> Inflated(http::Coding coding, std::string_view bytes, How how) {
  Inflater inflater(coding,
                    {.bytes_max = kOutMax, .ratio_max = how.ratio_max, .ratio_free_bytes = 4096});
  std::string out;
  while (!bytes.empty()) {
    std::string_view left = bytes.substr(0, how.piece);
    bytes.remove_prefix(left.size());
    for (bool more = true; more;) {
      const size_t before = out.size();
      const size_t waiting = left.size();
      const auto step = inflater.Step(left, out);
      Require(out.size() - before <= Inflater::kStepBytes, "a step is short");
      if (!step) return std::nullopt;
      Require(out.size() <= kOutMax, "the limit holds");
      more = *step;
      Require(!more || out.size() > before || left.size() < waiting, "a step goes on");
      Require(more || left.empty(), "all that came was used");
    }
  }
  if (!inflater.finished()) return std::nullopt;
  return out;
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace keelrow;
  if (size == 0) return 0;
  const std::string_view text = fuzz::Text(data + 1, size - 1);
  const auto coding = (data[0] & 1) != 0 ? http::Coding::kGzip : http::Coding::kDeflate;
  const size_t piece = size_t{1} << (data[0] >> 4U);
  const auto once = fuzz::Inflated(coding, text, {.piece = size});
  fuzz::Require(once == fuzz::Inflated(coding, text, {.piece = piece}), "pieces do not matter");
  const auto bounded = fuzz::Inflated(coding, text, {.piece = piece, .ratio_max = 50});
  fuzz::Require(!bounded || bounded == once, "a ratio refuses or changes nothing");
  fuzz::Require(!bounded || bounded->size() <= 4096 || bounded->size() / 51 <= size,
                "what grew too much is refused");
  http::Inflater inflater(http::Coding::kGzip, {.bytes_max = size, .ratio_max = size + 1});
  const std::string gzip = http::Gzip(text);
  std::string_view left = gzip;
  std::string back;
  for (bool more = true; more;) more = inflater.Step(left, back).Value();
  fuzz::Require(inflater.finished() && back == text, "what was compressed comes back");
  return 0;
}
