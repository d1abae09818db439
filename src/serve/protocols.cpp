#include "serve/protocols.h"

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
