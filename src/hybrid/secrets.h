#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/expected.h"
#include "hybrid/aws_signature.h"

namespace keelrow::hybrid {

/// How an endpoint learns who asks: something that signs a request, or adds a token to it. Called
/// on the thread that sends. A secret is in no message and no log. The error, if any, is returned:
/// kUnauthenticated when it is missing.
using Authorize =
    std::function<std::optional<Error>(http::ClientRequest& request, const std::string& authority)>;

/// Sends nothing.
Authorize NoSecret();

/// The value of an environment variable, in `field`: after "Bearer " where that is Authorization.
Authorize TokenOfEnvironment(const std::string& variable, std::string field);
/// The same of a file, which may change; blanks around it are left out.
Authorize TokenOfFile(std::filesystem::path file, std::string field);

/// Signature Version 4, with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
Authorize AwsOfEnvironment(std::string region, std::string service);
/// The same with a profile of a file as ~/.aws/credentials is, which may change.
Authorize AwsOfFile(std::filesystem::path file, std::string profile, std::string region,
                    std::string service);

/// The keys of a profile: `[name]`, then `aws_access_key_id = …`. kBadValue where they are not.
Expected<AwsKeys> ParseAwsCredentials(std::string_view text, const std::string& profile);

}  // namespace keelrow::hybrid
