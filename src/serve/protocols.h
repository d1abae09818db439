#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "serve/signature.h"

namespace keelrow::serve {

/// One way of talking to the model service: a file of its own, whose function
/// `Protocol MyProtocol()` makes this row, and a line in protocols.inc.
struct Protocol {
  std::string_view name;
  std::string_view help;
  std::vector<http::Route> (*routes)(ServeContext& context);
  /// {"/path": {"post": {…}}}: OpenAPI's requestBody, responses and the like for those routes of
  /// which more is to be said than method, path and summary (api_parts.h). May be null.
  Json (*describe)(const std::vector<LoadedVersion>& loaded) = nullptr;
  bool in_openapi = true;  // gRPC describes itself, by reflection
  /// Where a request asks about a model that its path does not name: writes that name into `params`
  /// as {model}, so that tokens, limits and rules by model hold. An empty one, where it cannot be
  /// told, is allowed only to who may ask any. May be null.
  void (*name_model)(http::Request& request) = nullptr;
};

std::span<const Protocol> Protocols();

/// Calls `name_model` of the request's protocol; stands before whatever asks which model it is.
http::Middleware NameModels();

/// The routes of all protocols; every one is open where `context.auth` is off.
std::vector<http::Route> AllRoutes(ServeContext& context);

}  // namespace keelrow::serve
