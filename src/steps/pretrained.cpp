#include "steps/steps.h"

namespace keelrow::steps {

std::string PretrainedHash(const Json& config, const pipeline::Workspace& workspace) {
  const Json& file = config.at("model").at("pretrained");
  if (file.is_null()) return "";
  const auto path = workspace.project_folder() / file.get<std::string>();
  try {
    return workspace.digests().Digest(path);
  } catch (const Error& error) {
    throw error.Wrap("`model.pretrained` cannot be read");
  }
}

}  // namespace keelrow::steps
