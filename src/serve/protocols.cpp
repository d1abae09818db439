#include "serve/protocols.h"

#include <array>

#include "serve/openapi.h"
#include "serve/operations.h"
#include "serve/page.h"
#include "serve/predict.h"

namespace keelrow::serve {
namespace {

constexpr std::array kRows = {
    Protocol{"predict", "One input, one answer, as JSON.", PredictRoutes, DescribePredict},
    Protocol{"operations", "Probes and metrics for whoever runs the service.", OperationsRoutes},
    Protocol{"openapi", "The description of all routes for client generators.", OpenApiRoutes},
    Protocol{"page", "The page where a picture is dropped and answered.", PageRoutes},
};

}  // namespace

std::span<const Protocol> Protocols() {
  return kRows;
}

std::vector<http::Route> AllRoutes(ServeContext& context) {
  std::vector<http::Route> routes;
  for (const Protocol& protocol : kRows) {
    for (http::Route& route : protocol.routes(context)) {
      if (!context.auth) route.access = http::Access::kOpen;
      routes.push_back(std::move(route));
    }
  }
  return routes;
}

}  // namespace keelrow::serve
