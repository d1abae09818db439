#pragma once

#include <string>

#include "http/client.h"

namespace keelrow::http {

/// The bytes of a request to `authority` ("host:port"). Throws kBadRequest for what would not be
/// one request: a line break in a name, a value, the method or the target would make two of it.
std::string SerializeRequest(const ClientRequest& request, const std::string& authority);

/// RFC 9110 section 9.2.2: whether asking twice does the same as asking once.
bool IsIdempotent(std::string_view method);

}  // namespace keelrow::http
