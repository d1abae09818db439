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
  return [](http::Request& request, http::Reply reply, const http::Next& next) {
    if (request.route != nullptr) {
      const auto protocol =
          std::ranges::find(Protocols(), request.route->protocol, &Protocol::name);
      const bool names = protocol != Protocols().end() && protocol->name_model != nullptr;
      if (names) protocol->name_model(request);
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
