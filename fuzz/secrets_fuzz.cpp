// Whatever stands around it, a secret that has a place of its own is not written down.
#include "signals/secrets.h"

#include "require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace keelrow;
  const std::string text(fuzz::Text(data, size));
  constexpr const char* kSecret = "S3CRET";
  if (text.find(kSecret) != std::string::npos) return 0;
  const std::string masked =
      signals::MaskText(text + " http://ann:S3CRET@host/?a=b&token=S3CRET password=S3CRET");
  fuzz::Require(masked.find(kSecret) == std::string::npos, "users and values are masked");
  Expected<Json> json = ParseJson(text, "the input");
  Json body = {{"input", json ? *std::move(json) : Json(text)}, {"api_key", {{"inner", kSecret}}}};
  signals::MaskSecrets(body);
  const std::string written = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  fuzz::Require(written.find(kSecret) == std::string::npos, "members are masked");
  return 0;
}
