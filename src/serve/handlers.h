#pragma once

#include <functional>
#include <string>

#include "http/router.h"
#include "serve/context.h"

namespace keelrow::serve {

using Answerer = std::function<http::Response(const http::Request&)>;

/// A GET that needs no token: a probe, metrics, a description.
http::Route OpenGet(std::string pattern, std::string summary, Answerer function);

/// GET /metrics: open too, unless it is configured to need the scope `metrics`.
http::Route MetricsGet(const ServeContext& context, std::function<ServiceGauges()> gauges);

/// A handler whose errors are answered by `refuse`, in a protocol's own shape; faults of ours are
/// logged.
http::Handler ShapedHandler(Answerer function, http::Response (*refuse)(const Error& error));

}  // namespace keelrow::serve
