#include "serve/http_options.h"

#include <fmt/format.h>

#include "http/cors.h"
#include "http/middleware.h"

namespace keelrow::serve {

std::optional<http::TlsServerOptions> TlsOf(const project::TlsConfig& config,
                                            const std::filesystem::path& root) {
  if (config.certificate.empty()) return std::nullopt;
  http::TlsServerOptions options{.certificate = root / config.certificate,
                                 .key = root / config.key,
                                 .handshake_timeout = config.handshake_timeout.value};
  if (!config.client_ca.empty()) options.client_ca = root / config.client_ca;
  return options;
}

std::optional<http::Middleware> CorsOf(const project::CorsConfig& config) {
  if (config.origins.empty()) return std::nullopt;
  return http::Cors(
      {.origins = config.origins,
       .methods = config.methods,
       .headers = config.headers,
       .credentials = config.credentials,
       .max_age = std::chrono::duration_cast<std::chrono::seconds>(config.max_age.value)});
}

std::shared_ptr<http::SpanExporter> SpanExporterOf(const project::TracingConfig& config) {
  if (config.endpoint.empty()) return nullptr;
  const auto endpoint = http::ParseUrl(config.endpoint);
  if (!endpoint) {
    throw Error(Code::kBadValue,
                fmt::format("serve.tracing.endpoint: {}", endpoint.error().message()));
  }
  return std::make_shared<http::SpanExporter>(http::SpanExporterOptions{.endpoint = *endpoint});
}

http::Middleware TracingOf(const project::TracingConfig& config,
                           std::shared_ptr<http::SpanExporter> exporter) {
  if (!exporter) return http::Tracing();
  return http::Tracing(
      {.sample = config.sample, .export_span = [exporter = std::move(exporter)](http::Span span) {
         exporter->Export(std::move(span));
       }});
}

}  // namespace keelrow::serve
