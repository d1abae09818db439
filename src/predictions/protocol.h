#pragma once

#include <string_view>
#include <vector>

#include "predictions/signature.h"

namespace keelrow::predictions {

/// One way of talking to the model service: a file of its own, whose function
/// `Protocol MyProtocol()` makes this row, and a line in protocols/protocols.inc.
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

}  // namespace keelrow::predictions
