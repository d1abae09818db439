#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "models/source.h"

namespace keelrow::models {
namespace {

constexpr size_t kModelsMax = 10'000;
constexpr size_t kNameMax = 128;

bool IsNumber(const std::string& text) {
  return !text.empty() && text.size() <= 9 && text[0] != '0' &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool IsNetworkFile(const fs::path& path) {
  return path.extension() == ".onnx" || path.extension() == ".xml";
}

class Folder : public Source {
 public:
  explicit Folder(const fs::path& folder) : folder_(fs::absolute(folder).lexically_normal()) {}

  std::optional<Offers> List() override {
    if (!fs::is_directory(folder_)) {
      throw Error(Code::kNotFound, fmt::format("there is no folder {}", folder_.string()));
    }
    Offers offers;
    if (fs::exists(folder_ / "bundle.json")) {
      offers["model"].versions = {{.model = "model", .version = "1", .path = folder_}};
    } else {
      for (const auto& entry : fs::directory_iterator(folder_)) {
        if (offers.size() >= kModelsMax) break;
        Add(entry.path(), offers);
      }
    }
    for (auto& [model, offer] : offers) offer.aliases[alias_] = DefaultOf(model, offer);
    if (offers == seen_) return std::nullopt;
    seen_ = offers;
    return offers;
  }

  const std::string& DefaultAlias() const override { return alias_; }

  void SetDefault(const std::string& model, const std::string& version,
                  const std::string&) override {
    chosen_[model] = version;
  }

 private:
  bool Inside(const fs::path& path) const {
    const fs::path inner = fs::canonical(path).lexically_relative(fs::canonical(folder_));
    return !inner.empty() && *inner.begin() != "..";
  }

  void Add(const fs::path& path, Offers& offers) const {
    const bool file = fs::is_regular_file(path) && IsNetworkFile(path);
    const std::string name = (file ? path.stem() : path.filename()).string();
    if (!IsModelName(name) || !Inside(path)) return;
    Offer offer;
    if (file) {
      offer.versions.push_back({.model = name, .version = "1", .path = path});
    } else if (fs::is_directory(path)) {
      offer.versions = VersionsIn(path, name);
    }
    if (!offer.versions.empty()) offers[name] = std::move(offer);
  }

  std::vector<Origin> VersionsIn(const fs::path& folder, const std::string& name) const {
    if (const auto path = FindLoadable(folder))
      return {{.model = name, .version = "1", .path = *path}};
    std::vector<Origin> versions;
    for (const auto& entry : fs::directory_iterator(folder)) {
      const std::string number = entry.path().filename().string();
      if (!entry.is_directory() || !IsNumber(number) || !Inside(entry.path())) continue;
      const auto path = FindLoadable(entry.path());
      if (path) versions.push_back({.model = name, .version = number, .path = *path});
    }
    std::ranges::sort(versions, {}, [](const Origin& origin) { return std::stoi(origin.version); });
    return versions;
  }

  std::string DefaultOf(const std::string& model, const Offer& offer) const {
    const auto chosen = chosen_.find(model);
    if (chosen != chosen_.end() && std::ranges::find(offer.versions, chosen->second,
                                                     &Origin::version) != offer.versions.end()) {
      return chosen->second;
    }
    return offer.versions.back().version;
  }

  fs::path folder_;
  std::string alias_ = "latest";
  std::map<std::string, std::string> chosen_;  // by SetDefault
  std::optional<Offers> seen_;
};

}  // namespace

std::unique_ptr<Source> FolderSource(const std::filesystem::path& folder) {
  return std::make_unique<Folder>(folder);
}

std::optional<fs::path> FindLoadable(const fs::path& folder) {
  if (fs::exists(folder / "bundle.json")) return folder;
  for (const char* name : {"model.onnx", "model.xml"}) {
    if (fs::is_regular_file(folder / name)) return folder / name;
  }
  return std::nullopt;
}

bool IsModelName(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kNameMax && name[0] != '.' &&
         std::ranges::all_of(name, allowed);
}

}  // namespace keelrow::models
