#pragma once

#include <chrono>
#include <string>

#include "http/client.h"

namespace keelrow::hybrid {

struct AwsKeys {
  std::string id;
  std::string secret;
  std::string session_token = {};  // of temporary keys

  bool operator==(const AwsKeys&) const = default;
};

/// Signs a request for a service of AWS, by Signature Version 4: adds X-Amz-Date,
/// X-Amz-Security-Token for temporary keys, and Authorization. `authority` is what stands in Host.
/// The body and all header fields are signed, so only what nobody signs (Content-Length,
/// Connection) may be added later.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
void SignForAws(http::ClientRequest& request, const std::string& authority, const AwsKeys& keys,
                const std::string& region, const std::string& service,
                std::chrono::system_clock::time_point now);

}  // namespace keelrow::hybrid
