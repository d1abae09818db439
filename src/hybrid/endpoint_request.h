#pragma once

#include "hybrid/endpoint.h"

namespace keelrow::hybrid {

/// Private to endpoint.cpp and its test: a client's request as an endpoint takes it, without its
/// secret, and the endpoint's answer as the client may have it.

bool CanBeSent(Protocol protocol, const http::Request& request);
http::ClientRequest RequestTo(const EndpointOptions& endpoint, const http::Request& request,
                              std::string_view model);
http::Response AnswerOf(http::Response response, const std::string& endpoint);

}  // namespace keelrow::hybrid
