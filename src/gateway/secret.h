#pragma once

#include <filesystem>
#include <string>

#include "gateway/signature.h"

namespace keelrow::gateway {

/// The server's signing secret: 32 random bytes in `folder`/token_secret, made on first use with
/// mode 0600. Processes that start at once end up with the same one. Throws kPermission for a
/// file that others may read or that belongs to somebody else, kCorrupt for a wrong size.
std::string LoadOrCreateSecret(const std::filesystem::path& folder);

/// The same for a private key of RS256, ES256 or EdDSA, in `folder`/token_key_ALGORITHM.pem.
SigningKey LoadOrCreateSigningKey(const std::filesystem::path& folder, Algorithm algorithm);

}  // namespace keelrow::gateway
