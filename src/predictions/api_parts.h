#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "predictions/signature.h"

namespace keelrow::predictions {

/// Pieces of /openapi.json that protocols put together for their own routes.

/// One form of an operation's body. `example` makes a body that the model answers, null where it
/// has none; text is meant as it is, everything else as JSON.
struct ApiBody {
  std::string type;  // "application/json"
  Json schema = Json::object();
  std::string form = {};  // its name, where a type has several
  Json (*example)(const models::ServedModel& model) = nullptr;
};

/// Whom an operation with this pattern asks: every loaded version where it names {version}, the
/// standard ones where it names {model}, else the one that answers without a name.
std::vector<LoadedVersion> Asked(std::string_view pattern,
                                 const std::vector<LoadedVersion>& loaded);

/// What an example is called that asks this version there: "digits", "digits 3". The examples of an
/// operation's parameters and body with equal names belong together.
std::string ExampleName(std::string_view pattern, const LoadedVersion& version);

/// A path's `parameters`, with the loaded names and versions as examples; `suffix` stands behind
/// the model's name.
Json PathParameters(std::string_view pattern, const std::vector<LoadedVersion>& loaded,
                    std::string_view suffix = {});

/// {"requestBody": …}, with an example a body and version.
Json RequestOf(std::string_view pattern, const std::vector<ApiBody>& bodies,
               const std::vector<LoadedVersion>& loaded);

/// A response with a JSON body.
Json ReplyOf(std::string_view description, Json schema);

/// Schemas of an example, and of the answer to it, of whoever is asked: references to
/// `components`; anything where nobody is.
Json InstanceOf(std::string_view pattern, const std::vector<LoadedVersion>& loaded);
Json PredictionOf(std::string_view pattern, const std::vector<LoadedVersion>& loaded);
/// Those `components/schemas`: of each model the standard version's.
Json SchemasOf(const std::vector<LoadedVersion>& loaded);

}  // namespace keelrow::predictions
