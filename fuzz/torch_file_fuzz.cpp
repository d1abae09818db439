// A file of torch.save is read without running anything; tensors hold as many bytes as their
// shapes say. Each input is read three times: as it is, as the pickles of the old format behind
// their magic number, and as a bare pickle.
#include "nets/torch_file.h"

#include "nets/pickle.h"
#include "require.h"
#include "weights.h"

namespace keelrow::fuzz {
namespace {

constexpr std::string_view kLegacyMagic = "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.";

void Check(std::string_view file) {
  const auto parsed = nets::ParseTorchFile(file, "fuzz.pth");
  if (!parsed) {
    Require(!parsed.error().message().empty(), "a refusal says why");
    return;
  }
  const size_t values = ValueBytes(*parsed);
  Require(values <= 8 * file.size() + 4096, "memory is bounded by the file");
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = keelrow::fuzz::Text(data, size);
  keelrow::fuzz::Check(bytes);
  keelrow::fuzz::Check(std::string(keelrow::fuzz::kLegacyMagic).append(bytes));
  const auto pickle = keelrow::nets::ParsePickle(bytes, {}, "fuzz.pkl");
  if (pickle) keelrow::fuzz::Require(pickle->size() <= size, "no more is read than there is");
  return 0;
}
