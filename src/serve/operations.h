#pragma once

#include "serve/protocols.h"

namespace keelrow::serve {

/// GET /healthz (the process lives), /readyz (a model is loaded and no stop was asked for; else
/// 503) and /metrics. Open: probes and Prometheus carry no tokens.
std::vector<http::Route> OperationsRoutes(ServeContext& context);

}  // namespace keelrow::serve
