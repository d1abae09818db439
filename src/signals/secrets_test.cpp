#include "signals/secrets.h"

#include <gtest/gtest.h>

namespace keelrow::signals {
namespace {

Json Masked(Json json) {
  MaskSecrets(json);
  return json;
}

TEST(Secrets, MembersThatAreCalledSoAreMaskedAtAnyDepth) {
  for (const char* name :
       {"password", "Password", "pass", "login", "token", "access_token", "refreshToken", "api-key",
        "X-API-Key", "Authorization", "extra_params", "aws_secret_access_key", "client_secret",
        "cookie", "X-Amz-Security-Token", "private_key"}) {
    EXPECT_EQ(Masked({{"tasks", {{{"data", {{name, "hidden"}}}}}}}),
              (Json{{"tasks", {{{"data", {{name, kMasked}}}}}}}))
        << name;
    EXPECT_EQ(Masked({{name, {{"inner", "hidden"}}}}), (Json{{name, kMasked}})) << name;
  }
  const Json plain = {
      {"input_data", {1, 2.5, true}}, {"tokens", {"a", "b"}}, {"author", "ann"},
      {"label", "password"},          {"password", nullptr},  {"request_id", "r-1"}};
  EXPECT_EQ(Masked(plain), plain);
}

TEST(Secrets, UrlsAndFormsLoseWhatOpensThem) {
  EXPECT_EQ(MaskText("https://ann:se:cret@host/a@b?x=1"), "https://***@host/a@b?x=1");
  EXPECT_EQ(MaskText("see http://t0ken@host, http://host/"), "see http://***@host, http://host/");
  EXPECT_EQ(MaskText("https://b.s3.amazonaws.com/7.png?X-Amz-Credential=AK%2F1&X-Amz-Date=2026"
                     "&X-Amz-Signature=abc"),
            "https://b.s3.amazonaws.com/7.png?X-Amz-Credential=***&X-Amz-Date=2026"
            "&X-Amz-Signature=***");
  EXPECT_EQ(MaskText("?sv=2026&sig=a%2Bb%3D#x"), "?sv=2026&sig=***#x");
  EXPECT_EQ(MaskText("user=ann&password=a b&token="), "user=ann&password=*** b&token=***");
  EXPECT_EQ(Masked({{"image", "/data/upload/7.png?token=abc"}}),
            (Json{{"image", "/data/upload/7.png?token=***"}}));
  for (const char* plain : {"", "a=b=c", "aGVsbG8=", "://", "x://", "1 = 1", "http://host/a@b",
                            "==", "tokens=3 of password"}) {
    EXPECT_EQ(MaskText(plain), plain);
  }
}

}  // namespace
}  // namespace keelrow::signals
