#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "http/router.h"
#include "predictions/context.h"

namespace keelrow::predictions {

using Answerer = std::function<http::Response(const http::Request&)>;

/// A GET that needs no token, such as a description.
http::Route OpenGet(std::string pattern, std::string summary, Answerer function);

/// A GET of what watches the process, without a token.
http::Route ProbeGet(std::string pattern, std::string summary, Answerer function);

/// A GET that names the models: for tokens that may ask them, unless it is configured to be open.
http::Route DescribingGet(const ServeContext& context, std::string pattern, std::string summary,
                          Answerer function);

/// GET /metrics: open too, unless it is configured to need the scope `metrics`.
http::Route MetricsGet(const ServeContext& context, std::function<signals::ServiceGauges()> gauges);

/// A handler whose errors are answered by `refuse`, in a protocol's own shape; faults of ours are
/// logged.
http::Handler ShapedHandler(Answerer function, http::Response (*refuse)(const Error& error));

/// An operation that manages models, for tokens with the scope `manage`.
struct ManagingRow {
  const char* method;
  const char* pattern;
  const char* summary;
  http::Response (*answer)(ServeContext& context, const http::Request& request);
};
/// Their routes, on workers: loading takes time. Errors are answered by `refuse`.
std::vector<http::Route> ManagingRoutes(ServeContext& context, std::span<const ManagingRow> rows,
                                        http::Response (*refuse)(const Error& error));

}  // namespace keelrow::predictions
