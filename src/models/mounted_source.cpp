#include "models/mounted_source.h"

#include <fmt/format.h>

namespace keelrow::models {
namespace {

namespace fs = std::filesystem;

class Mounts : public Source {
 public:
  explicit Mounts(std::shared_ptr<const MountedModels> mounted) : mounted_(std::move(mounted)) {}

  std::optional<Offers> List() override {
    Offers now = mounted_->List();
    if (seen_ == now) return std::nullopt;
    seen_ = now;
    return now;
  }
  const std::string& DefaultAlias() const override { return alias_; }
  void SetDefault(const std::string&, const std::string&, const std::string&) override {
    throw Error(Code::kUnsupported, "a mounted model has one version");
  }

 private:
  std::shared_ptr<const MountedModels> mounted_;
  std::string alias_ = "latest";
  std::optional<Offers> seen_;
};

/// Links followed, and what is not there left as it is.
bool Inside(const fs::path& path, const fs::path& root) {
  const fs::path inner = fs::weakly_canonical(path).lexically_relative(root);
  return !inner.empty() && *inner.begin() != "..";
}

}  // namespace

MountedModels::MountedModels(const fs::path& root) : root_(fs::weakly_canonical(root)) {}

Origin MountedModels::Mount(const std::string& model, const fs::path& folder) {
  if (!folder.is_absolute() || !Inside(folder, root_)) {
    throw Error(Code::kForbidden, "the model does not lie where models are");
  }
  const auto path = FindLoadable(folder);
  if (!path || !Inside(*path, root_)) {
    throw Error(Code::kNotFound, fmt::format("there is no model for `{}`", model),
                {.hint = "a bundle, model.onnx or model.xml"});
  }
  const std::lock_guard lock(mutex_);
  const auto [place, fresh] = models_.try_emplace(model);
  if (!fresh) throw Error(Code::kConflict, fmt::format("`{}` is loaded already", model));
  place->second = {.origin = {.model = model, .version = "1", .path = *path},
                   .folder = folder.string()};
  return place->second.origin;
}

bool MountedModels::Unmount(const std::string& model) {
  const std::lock_guard lock(mutex_);
  return models_.erase(model) > 0;
}

Offers MountedModels::List() const {
  const std::lock_guard lock(mutex_);
  Offers offers;
  for (const auto& [name, mounted] : models_) {
    offers[name] = {.versions = {mounted.origin}, .aliases = {{"latest", "1"}}};
  }
  return offers;
}

std::string MountedModels::FolderOf(const std::string& model) const {
  const std::lock_guard lock(mutex_);
  const auto found = models_.find(model);
  return found == models_.end() ? "" : found->second.folder;
}

std::unique_ptr<Source> MountedSource(std::shared_ptr<const MountedModels> mounted) {
  return std::make_unique<Mounts>(std::move(mounted));
}

}  // namespace keelrow::models
