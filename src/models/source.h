#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/served_model.h"

namespace keelrow::models {

/// A model as its source knows it.
struct Offer {
  std::vector<Origin> versions;                // oldest first
  std::map<std::string, std::string> aliases;  // "champion" → "3"
  std::string candidate = {};  // of a rollout: loaded and kept as if an alias named it; or ""

  bool operator==(const Offer&) const = default;
};
using Offers = std::map<std::string, Offer>;  // by the model's name

/// Where models come from. One thread at a time.
class Source {
 public:
  virtual ~Source() = default;
  /// Everything that is there now; empty when nothing has changed since the last call. Throws
  /// Error.
  virtual std::optional<Offers> List() = 0;
  /// Which alias names the version that answers where a request names none.
  virtual const std::string& DefaultAlias() const = 0;
  /// Points the default alias at the version, and says who wanted it. Throws Error.
  virtual void SetDefault(const std::string& model, const std::string& version,
                          const std::string& actor) = 0;
};

/// The registry of a workspace: all versions of all models, or of `only`; the default is
/// champion's. `root`: what the bundles' relative paths start from.
std::unique_ptr<Source> RegistrySource(const std::filesystem::path& store,
                                       const std::filesystem::path& root,
                                       const std::string& only = {});

/// A plain folder: MODEL/VERSION, where MODEL is a name and VERSION a number, each version a bundle
/// or a folder with model.onnx or model.xml; or MODEL itself such a folder, or a file MODEL.onnx or
/// MODEL.xml: version 1. A folder that is a bundle itself is one model,
/// `model`. The default is the highest number ("latest") until it is set. What is no
/// model is passed over, so is every name that begins with a dot; links must not lead outside.
std::unique_ptr<Source> FolderSource(const std::filesystem::path& folder);

/// Chains of models that other sources have: `parts` lists them. A chain's version is those of its
/// parts, "3-7"; when one of them moves, the chain has a new version beside the last one, and its
/// alias "latest" moves when that is loaded, so that no answer mixes versions. A chain whose parts
/// are not all there is not offered.
struct ChainPartWish {
  std::string model;
  std::string version = {};  // or an alias; empty: the default one
  std::map<std::string, std::string> inputs = {};
};
using ChainWishes = std::map<std::string, std::vector<ChainPartWish>>;  // by the chain's name
std::unique_ptr<Source> ChainSource(ChainWishes chains, std::vector<std::unique_ptr<Source>> parts);

/// What of a folder is loaded: itself, if it is a bundle, or the network in it.
std::optional<std::filesystem::path> FindLoadable(const std::filesystem::path& folder);

/// Whether a name may stand in a request and in a path: 1 to 128 of letters, digits and ". _ -",
/// not beginning with a dot.
bool IsModelName(std::string_view name);

}  // namespace keelrow::models
