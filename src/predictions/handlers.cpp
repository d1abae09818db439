#include "predictions/handlers.h"

#include "predictions/rollouts.h"
#include "signals/access_log.h"

namespace keelrow::predictions {

http::Route OpenGet(std::string pattern, std::string summary, Answerer function) {
  return {.method = "GET",
          .pattern = std::move(pattern),
          .handler = http::Sync(std::move(function), signals::LogFault),
          .access = http::Access::kOpen,
          .summary = std::move(summary)};
}

http::Route ProbeGet(std::string pattern, std::string summary, Answerer function) {
  http::Route route = OpenGet(std::move(pattern), std::move(summary), std::move(function));
  route.probe = true;
  return route;
}

http::Route DescribingGet(const ServeContext& context, std::string pattern, std::string summary,
                          Answerer function) {
  http::Route route = OpenGet(std::move(pattern), std::move(summary), std::move(function));
  if (context.auth && context.describe_token) {
    route.access = http::Access::kToken;
    route.scope = "predict";
  }
  return route;
}

http::Route MetricsGet(const ServeContext& context,
                       std::function<signals::ServiceGauges()> gauges) {
  http::Route route =
      OpenGet("/metrics", "Metrics in Prometheus' text format.",
              [&context, gauges = std::move(gauges)](const http::Request&) {
                std::string text = context.metrics.Text(gauges());
                if (context.rollouts) text += context.rollouts->MetricsText();
                return http::Response{.status = 200,
                                      .headers = {{"Content-Type", signals::kMetricsContentType}},
                                      .body = std::move(text)};
              });
  if (context.auth && context.metrics_token) {
    route.access = http::Access::kToken;
    route.scope = "metrics";
  }
  return route;
}

http::Handler ShapedHandler(Answerer function, http::Response (*refuse)(const Error& error)) {
  return http::Sync(
      [function = std::move(function), refuse](const http::Request& request) {
        try {
          return function(request);
        } catch (const Error& error) {
          if (Info(error.code()).http_status >= 500) signals::LogFault(request, error.what());
          return refuse(error);
        }
      },
      signals::LogFault);
}

std::vector<http::Route> ManagingRoutes(ServeContext& context, std::span<const ManagingRow> rows,
                                        http::Response (*refuse)(const Error& error)) {
  std::vector<http::Route> routes;
  for (const ManagingRow& row : rows) {
    routes.push_back({.method = row.method,
                      .pattern = row.pattern,
                      .handler = ShapedHandler(
                          [&context, answer = row.answer](const http::Request& request) {
                            return answer(context, request);
                          },
                          refuse),
                      .run_on = http::RunOn::kWorkers,
                      .scope = "manage",
                      .summary = row.summary});
  }
  return routes;
}

}  // namespace keelrow::predictions
