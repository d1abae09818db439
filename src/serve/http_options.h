#pragma once

#include <filesystem>
#include <optional>

#include "http/router.h"
#include "http/tls.h"
#include "project/serving.h"

namespace keelrow::serve {

/// What the project file says of the wire, in http's words.

/// Empty without a certificate. Relative paths start from `root`.
std::optional<http::TlsServerOptions> TlsOf(const project::TlsConfig& config,
                                            const std::filesystem::path& root);

/// Empty without origins. Throws kBadValue for what is no origin.
std::optional<http::Middleware> CorsOf(const project::CorsConfig& config);

/// Owns the exporter, if there is an endpoint. Throws kBadValue for an endpoint that is no URL.
http::Middleware TracingOf(const project::TracingConfig& config);

}  // namespace keelrow::serve
