#include "models/source.h"
#include "track/store.h"

namespace keelrow::models {
namespace {

class Registry : public Source {
 public:
  Registry(std::filesystem::path store, std::filesystem::path root, std::string only)
      : file_(std::move(store)), root_(std::move(root)), only_(std::move(only)) {}

  std::optional<Offers> List() override {
    if (!store_) store_.emplace(file_);
    const int64_t change = store_->ChangeCounter();
    if (change == seen_) return std::nullopt;
    Offers offers;
    for (const std::string& model : store_->Models()) {
      if (only_.empty() || only_ == model) offers[model] = OfferOf(model);
    }
    for (const track::Rollout& rollout : store_->ActiveRollouts()) {
      const auto found = offers.find(rollout.model);
      if (found != offers.end()) found->second.candidate = std::to_string(rollout.candidate);
    }
    seen_ = change;
    return offers;
  }

  const std::string& DefaultAlias() const override { return alias_; }

  void SetDefault(const std::string& model, const std::string& version,
                  const std::string& actor) override {
    if (!store_) store_.emplace(file_);
    store_->Promote({.model = model,
                     .version = std::stoi(version),
                     .alias = alias_,
                     .actor = actor,
                     .reason = "set as default through the service"});
  }

 private:
  Offer OfferOf(const std::string& model) const {
    Offer offer;
    for (const track::ModelVersion& version : store_->Versions(model)) {
      const std::string number = std::to_string(version.version);
      offer.versions.push_back({.model = model,
                                .version = number,
                                .path = root_ / version.bundle_path,
                                .bundle_hash = version.bundle_hash});
      for (const std::string& alias : version.aliases) offer.aliases[alias] = number;
    }
    return offer;
  }

  std::filesystem::path file_;
  std::filesystem::path root_;
  std::string only_;
  std::string alias_ = "champion";
  std::optional<track::Store> store_;
  int64_t seen_ = -1;
};

}  // namespace

std::unique_ptr<Source> RegistrySource(const std::filesystem::path& store,
                                       const std::filesystem::path& root, const std::string& only) {
  return std::make_unique<Registry>(store, root, only);
}

}  // namespace keelrow::models
