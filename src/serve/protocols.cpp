#include "serve/protocols.h"

#include <algorithm>

namespace keelrow::serve {

#define PROTOCOL(row) Protocol row();
#include "serve/protocols.inc"
#undef PROTOCOL

std::span<const Protocol> Protocols() {
  static const Protocol rows[] = {
#define PROTOCOL(row) row(),
#include "serve/protocols.inc"
#undef PROTOCOL
  };
  return rows;
}

http::Middleware NameModels() {
  std::vector<const Protocol*> naming;  // few, and every request is compared with them
  for (const Protocol& protocol : Protocols()) {
    if (protocol.name_model != nullptr) naming.push_back(&protocol);
  }
  return [naming](http::Request& request, http::Reply reply, const http::Next& next) {
    if (request.route != nullptr) {
      const auto one = std::ranges::find(naming, request.route->protocol, &Protocol::name);
      if (one != naming.end()) (*one)->name_model(request);
    }
    next(request, std::move(reply));
  };
}

std::vector<http::Route> AllRoutes(ServeContext& context) {
  std::vector<http::Route> routes;
  for (const Protocol& protocol : Protocols()) {
    for (http::Route& route : protocol.routes(context)) {
      route.protocol = protocol.name;
      if (!context.auth) route.access = http::Access::kOpen;
      routes.push_back(std::move(route));
    }
  }
  return routes;
}

}  // namespace keelrow::serve
