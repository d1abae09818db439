#include <algorithm>

#include "models/source.h"

namespace keelrow::models {
namespace {

class Chains : public Source {
 public:
  Chains(ChainWishes chains, std::vector<std::unique_ptr<Source>> sources)
      : chains_(std::move(chains)) {
    for (auto& source : sources) heard_.push_back({.source = std::move(source), .offers = {}});
  }

  std::optional<Offers> List() override {
    for (Heard& heard : heard_) {
      std::optional<Offers> now = heard.source->List();
      if (!now) continue;
      heard.offers = *std::move(now);
      changed_ = true;
    }
    if (!changed_) return std::nullopt;
    for (const auto& [name, parts] : chains_) Renew(name, parts);
    changed_ = false;
    return offers_;
  }

  const std::string& DefaultAlias() const override { return alias_; }

  void SetDefault(const std::string&, const std::string&, const std::string&) override {
    throw Error(Code::kUnsupported, "a chain follows its parts: promote those");
  }

 private:
  struct Heard {
    std::unique_ptr<Source> source;
    Offers offers;
  };

  /// The part as it is now; empty while it is not there.
  std::optional<Origin> Find(const ChainPartWish& part) const {
    for (const Heard& heard : heard_) {
      const auto offer = heard.offers.find(part.model);
      if (offer == heard.offers.end()) continue;
      const auto& aliases = offer->second.aliases;
      std::string version = part.version.empty() ? heard.source->DefaultAlias() : part.version;
      if (const auto alias = aliases.find(version); alias != aliases.end()) version = alias->second;
      const auto& versions = offer->second.versions;
      const auto found = std::ranges::find(versions, version, &Origin::version);
      return found == versions.end() ? std::nullopt : std::optional(*found);
    }
    return std::nullopt;
  }

  std::optional<Origin> Compose(const std::string& name,
                                const std::vector<ChainPartWish>& parts) const {
    Origin chain{.model = name, .version = {}, .path = {}};
    for (const ChainPartWish& part : parts) {
      const std::optional<Origin> origin = Find(part);
      if (!origin) return std::nullopt;
      if (!chain.version.empty()) chain.version += "-";
      chain.version += origin->version;
      chain.parts.push_back({.model = part.model,
                             .path = origin->path,
                             .bundle_hash = origin->bundle_hash,
                             .inputs = part.inputs});
    }
    return chain;
  }

  /// The version before stays on offer, to answer until the new one is loaded.
  void Renew(const std::string& name, const std::vector<ChainPartWish>& parts) {
    std::optional<Origin> now = Compose(name, parts);
    if (!now) {
      offers_.erase(name);
      return;
    }
    std::vector<Origin>& versions = offers_[name].versions;
    if (!versions.empty() && versions.back() == *now) return;
    std::erase_if(versions, [&](const Origin& old) { return old.version == now->version; });
    if (versions.size() > 1) versions.erase(versions.begin());
    offers_[name].aliases[alias_] = now->version;
    versions.push_back(*std::move(now));
  }

  ChainWishes chains_;
  bool changed_ = false;  // stays so when a later source cannot be asked
  std::vector<Heard> heard_;
  Offers offers_;
  std::string alias_ = "latest";
};

}  // namespace

std::unique_ptr<Source> ChainSource(ChainWishes chains,
                                    std::vector<std::unique_ptr<Source>> parts) {
  return std::make_unique<Chains>(std::move(chains), std::move(parts));
}

}  // namespace keelrow::models
