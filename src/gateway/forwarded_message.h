#pragma once

#include <chrono>

#include "http/client.h"

namespace keelrow::gateway {

/// What goes to a backend: the client's request without what concerns only its own connection
/// (RFC 9110 section 7.6.1), with x-request-id, X-Forwarded-For and the time that is left.
http::ClientRequest ForwardedRequest(const http::Request& request);
void SetTimeLeft(http::ClientRequest& request, std::chrono::milliseconds left);

/// What goes back: the backend's answer without what concerned our connection to it.
http::Response ForwardedResponse(http::Response response);

/// 502: whoever was asked failed, and how is said in our log only.
http::Response BadGateway(std::string_view message);

}  // namespace keelrow::gateway
