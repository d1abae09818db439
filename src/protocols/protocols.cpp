#include "protocols/protocols.h"

#include <algorithm>

#define PROTOCOL(layer, row)   \
  namespace keelrow::layer {   \
  predictions::Protocol row(); \
  }
#include "protocols/protocols.inc"
#undef PROTOCOL

namespace keelrow::protocols {

std::span<const predictions::Protocol> Protocols() {
  static const predictions::Protocol rows[] = {
#define PROTOCOL(layer, row) layer::row(),
#include "protocols/protocols.inc"
#undef PROTOCOL
  };
  return rows;
}

http::Middleware NameModels() {
  std::vector<const predictions::Protocol*> naming;  // few, and every request is compared with them
  for (const predictions::Protocol& protocol : Protocols()) {
    if (protocol.name_model != nullptr) naming.push_back(&protocol);
  }
  return [naming](http::Request& request, http::Reply reply, const http::Next& next) {
    if (request.route != nullptr) {
      const auto one =
          std::ranges::find(naming, request.route->protocol, &predictions::Protocol::name);
      if (one != naming.end()) (*one)->name_model(request);
    }
    next(request, std::move(reply));
  };
}

std::vector<http::Route> AllRoutes(predictions::ServeContext& context) {
  std::vector<http::Route> routes;
  for (const predictions::Protocol& protocol : Protocols()) {
    for (http::Route& route : protocol.routes(context)) {
      route.protocol = protocol.name;
      if (!context.auth) route.access = http::Access::kOpen;
      routes.push_back(std::move(route));
    }
  }
  return routes;
}

}  // namespace keelrow::protocols
