#pragma once

#include <filesystem>
#include <memory>

#include "gateway/authenticator.h"
#include "project/serve_auth.h"

namespace keelrow::gateway {

/// The authority of this workspace, by `serve.auth.jwt`: its key lies in the workspace and is made
/// on first use. Throws what LoadOrCreateSecret and LoadOrCreateSigningKey throw.
TokenAuthority OwnAuthority(const project::AuthConfig& config,
                            const std::filesystem::path& workspace);

struct AuthFolders {
  std::filesystem::path workspace;  // keys of our own, credentials.json
  std::filesystem::path project;    // what paths in the configuration start from
};

/// Everything that `serve.auth` says: our own tokens, those of other issuers, API keys and
/// revocations. Throws for what cannot be read at the start, kBadValue for http:// to another
/// machine without `plain_http`; an issuer that does not answer is no reason not to start.
std::shared_ptr<const Authenticator> MakeAuthenticator(const project::AuthConfig& config,
                                                       const AuthFolders& folders);

}  // namespace keelrow::gateway
