#pragma once

#include "http/router.h"

namespace keelrow::gateway {

/// For clients that know no other way than HTTP Basic (Label Studio): a token or an API key as the
/// password is taken as if it had come as a bearer token; the user's name means nothing. Stands
/// before RequireIdentity, which decides about it.
http::Middleware PasswordAsToken();

}  // namespace keelrow::gateway
