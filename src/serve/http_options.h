#pragma once

#include <filesystem>
#include <optional>

#include "http/router.h"
#include "http/span_exporter.h"
#include "http/tls.h"
#include "project/serving.h"

namespace keelrow::serve {

/// What the project file says of the wire, in http's words.

/// Empty without a certificate. Relative paths start from `root`.
std::optional<http::TlsServerOptions> TlsOf(const project::TlsConfig& config,
                                            const std::filesystem::path& root);

/// Empty without origins. Throws kBadValue for what is no origin.
std::optional<http::Middleware> CorsOf(const project::CorsConfig& config);

/// Null without an endpoint. Throws kBadValue for an endpoint that is no URL.
std::shared_ptr<http::SpanExporter> SpanExporterOf(const project::TracingConfig& config);
/// Sends to the exporter, if there is one.
http::Middleware TracingOf(const project::TracingConfig& config,
                           std::shared_ptr<http::SpanExporter> exporter);

}  // namespace keelrow::serve
