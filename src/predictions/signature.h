#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "predictions/context.h"

namespace keelrow::predictions {

/// What the loaded models take and give, in the words that descriptions use: /openapi.json and the
/// page that tries models out are made from it.

/// A version that is loaded, and whom it answers.
struct LoadedVersion {
  std::shared_ptr<const models::ServedModel> served;
  bool standard = false;  // answers where no version of its model is named
  bool unnamed = false;   // answers where no model is named
};

/// By name, oldest version first.
std::vector<LoadedVersion> LoadedVersions(const ServeContext& context);

/// The kind of data that a question is made of: "image"; "file" for other files that the bundle's
/// preprocessing reads; "tensor": numbers of a bare network.
std::string_view InputKind(const models::ServedModel& model);

/// "a picture → cat, dog or owl", for people.
std::string SignatureText(const models::ServedModel& model);

/// JSON Schema of one example and of the answer to it, as the protocols of rows write them
/// (instances.h).
Json InstanceSchema(const models::ServedModel& model);
Json PredictionSchema(const models::ServedModel& model);

}  // namespace keelrow::predictions
