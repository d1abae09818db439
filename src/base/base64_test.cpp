#include "base/base64.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace keelrow {
namespace {

TEST(Base64, KnownValues) {  // RFC 4648 section 10
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(EncodeBase64(bytes), text);
    EXPECT_EQ(DecodeBase64(text), bytes);
  }
}

TEST(Base64, EveryLengthComesBack) {
  Random random(7, "base64");
  for (size_t size = 0; size < 200; ++size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.Below(256));
    for (const Base64 alphabet : {Base64::kStandard, Base64::kUrl}) {
      EXPECT_EQ(DecodeBase64(EncodeBase64(bytes, alphabet), alphabet), bytes) << size;
    }
  }
}

TEST(Base64, RefusesEverySecondSpelling) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Z", "Zh==", "Zm9=", "Zm9v\n", " Zm9v", "Zm 9v",
                           "Zg==Zg==", "====", "=", "Zm9v=", "Zm-_", "Zm\xff\xff"}) {
    EXPECT_EQ(DecodeBase64(text), std::nullopt) << text;
  }
  for (const char* text : {"Zg==", "Z", "Zh", "Zm+/", "Zm9v="}) {
    EXPECT_EQ(DecodeBase64(text, Base64::kUrl), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace keelrow
