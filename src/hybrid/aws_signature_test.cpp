#include "hybrid/aws_signature.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace keelrow::hybrid {
namespace {

// tests/parity/aws_signature.py: what botocore sends.
TEST(AwsSignature, IsThatOfBotocore) {
  const Json golden = ReadJsonFile(KEELROW_SOURCE_DIR "/tests/golden/aws_signature.json");
  const std::chrono::system_clock::time_point time{
      std::chrono::seconds(golden["time"].get<int64_t>())};
  ASSERT_GE(golden["cases"].size(), 20u);
  for (const Json& one : golden["cases"]) {
    http::ClientRequest request{.method = "POST", .target = one["target"], .body = one["body"]};
    for (const auto& [name, value] : one["headers"].items()) request.headers.Add(name, value);
    SignForAws(request, one["authority"],
               {.id = one["id"], .secret = one["secret"], .session_token = one["token"]},
               one["region"], golden["service"], time);
    for (const auto& [name, value] : one["signed"].items()) {
      EXPECT_EQ(request.headers.Find(name), value.get<std::string>()) << name << " of " << one;
    }
    EXPECT_EQ(request.headers.size(), one["signed"].size());
  }
}

// The example of AWS' manual, "Signature Version 4 signing process".
TEST(AwsSignature, IsThatOfTheManual) {
  http::ClientRequest request{
      .method = "GET",
      .target = "/?Action=ListUsers&Version=2010-05-08",
      .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}}};
  SignForAws(request, "iam.amazonaws.com",
             {.id = "AKIDEXAMPLE", .secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"},
             "us-east-1", "iam",
             std::chrono::system_clock::time_point(std::chrono::seconds(1440938160)));
  EXPECT_TRUE(request.headers.Find("Authorization")
                  ->ends_with("Signature="
                              "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"));
}

}  // namespace
}  // namespace keelrow::hybrid
