#pragma once

#include "http/middleware.h"

namespace keelrow::signals {

/// One exchange as a JSON line for the log. It never holds a token: neither headers nor the query
/// go in. Probes are logged at debug level only.
void LogAccess(const http::Observed& observed);

/// A fault of ours behind a status of 500, whose answer says nothing of it.
void LogFault(const http::Request& request, std::string_view what);

/// The line itself, an object, without time and level.
std::string AccessLine(const http::Observed& observed);

}  // namespace keelrow::signals
