// The file of credentials, API keys and URLs: what is taken is written as it was read.
#include "gateway/credentials.h"

#include "gateway/api_key.h"
#include "require.h"

namespace keelrow::fuzz {
namespace {

void CheckBook(std::string_view text) {
  const auto book = gateway::CredentialBook::Parse(text, "fuzz");
  if (!book) {
    const Code code = book.error().code();
    return Require(code == Code::kCorrupt || code == Code::kUnsupported,
                   "a bad file is said to be");
  }
  const std::string written = book->Text();
  const auto again = gateway::CredentialBook::Parse(written, "fuzz");
  Require(again && again->Text() == written, "a book is read as it was written");
  for (const gateway::Credential& credential : book->all()) {
    book->FindApiKey(credential.id);
    book->IsRevoked(credential.issuer, credential.id);
  }
}

void CheckKey(std::string_view text) {
  const auto key = gateway::ParseApiKey(text);
  if (key) Require(key->Text() == text, "an API key has one spelling");
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = keelrow::fuzz::Text(data, size);
  keelrow::fuzz::CheckBook(text);
  keelrow::fuzz::CheckKey(text);
  return 0;
}
