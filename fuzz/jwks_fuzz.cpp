// A key set from a stranger's server: nothing but bounded sets of usable keys comes out of it, and
// no key takes a signature that nobody made. The same text as a token is taken apart or refused.
#include "gateway/jwt.h"
#include "gateway/key_set.h"
#include "require.h"

namespace keelrow::fuzz {
namespace {

using gateway::Algorithm;

void CheckKeys(std::string_view text) {
  const auto set = gateway::ParseJwks(text, "fuzz");
  if (!set) {
    const Code code = set.error().code();
    Require(code == Code::kSyntax || code == Code::kLimit || code == Code::kBadValue,
            "a refusal says what is wrong with the document");
    return;
  }
  Require(set->size() > 0 && set->size() <= gateway::kJwksKeysMax,
          "a set is not empty, and bounded");
  Require(text.size() <= gateway::kJwksBytesMax, "a set comes from a bounded text");
  Require(set->Find(std::nullopt, Algorithm::kHs256) == nullptr, "what is published is no secret");
  for (const Algorithm algorithm : {Algorithm::kRs256, Algorithm::kEs256, Algorithm::kEdDsa}) {
    const gateway::VerifyingKey* key = set->Find(std::nullopt, algorithm);
    if (key == nullptr) continue;
    Require(key->algorithm() == algorithm, "a key is found for its own algorithm only");
    for (const size_t size : {size_t{0}, size_t{64}, size_t{256}}) {
      Require(!key->Verify("a message", std::string(size, '\0')), "a zero signature does not hold");
    }
  }
}

void CheckToken(std::string_view text) {
  const auto jwt = gateway::ParseJwt(text);
  if (!jwt) {
    return Require(jwt.error().code() == Code::kUnauthenticated, "a refusal is kUnauthenticated");
  }
  Require(text.starts_with(jwt->signed_part), "what is signed is the token's own text");
  Require(jwt->payload.is_object(), "a payload is an object");
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = keelrow::fuzz::Text(data, size);
  keelrow::fuzz::CheckKeys(text);
  keelrow::fuzz::CheckToken(text);
  return 0;
}
