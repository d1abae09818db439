#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "predictions/protocol.h"

namespace keelrow::protocols {

std::span<const predictions::Protocol> Protocols();

/// Calls `name_model` of the request's protocol; stands before whatever asks which model it is.
http::Middleware NameModels();

/// The routes of all protocols; every one is open where `context.auth` is off.
std::vector<http::Route> AllRoutes(predictions::ServeContext& context);

}  // namespace keelrow::protocols
