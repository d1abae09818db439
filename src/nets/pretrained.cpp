#include "nets/pretrained.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/text.h"
#include "nets/safetensors.h"
#include "nets/torch_file.h"

namespace keelrow::nets {
namespace {

constexpr size_t kListedMax = 5;  // keys in a message

/// What wrappers put before every name: DistributedDataParallel, Lightning.
constexpr std::string_view kPrefixes[] = {"module.", "model."};

WeightMap WithoutPrefix(WeightMap file) {
  for (const std::string_view prefix : kPrefixes) {
    const auto has = [&](const auto& entry) { return entry.first.starts_with(prefix); };
    if (file.empty() || !std::ranges::all_of(file, has)) continue;
    WeightMap stripped;
    for (auto& [name, tensor] : file) {
      stripped.emplace(name.substr(prefix.size()), std::move(tensor));
    }
    file = std::move(stripped);
  }
  return file;
}

/// The parameter's name in the file, or the end.
WeightMap::iterator Find(const Graph::Parameter& parameter, WeightMap& file) {
  const auto own = file.find(parameter.name);
  if (own != file.end()) return own;
  for (const std::string& alias : parameter.aliases) {
    const auto found = file.find(alias);
    if (found != file.end()) return found;
  }
  return file.end();
}

std::set<std::string> HeadNames(const Graph& graph) {
  std::set<std::string> names;
  for (const int index : graph.HeadParameters()) names.insert(graph.parameters[index].name);
  return names;
}

std::string Listed(const std::vector<std::string>& names) {
  return ListSome(names, kListedMax);
}

/// In what a file and a network do not fit together.
struct Mismatch {
  std::vector<std::string> missing;  // names of the network
  std::vector<std::string> shapes;   // "conv1.weight [64, 3, 7, 7], not [32, 3, 7, 7]"
  std::vector<std::string> unknown;  // names of the file

  bool Fatal() const { return !missing.empty() || !shapes.empty(); }
};

Error DoNotFit(const std::string& name, const Mismatch& mismatch) {
  std::string text = fmt::format("{} does not fit the network", name);
  if (!mismatch.missing.empty()) text += fmt::format("; it lacks {}", Listed(mismatch.missing));
  if (!mismatch.shapes.empty()) text += fmt::format("; it has {}", Listed(mismatch.shapes));
  if (!mismatch.unknown.empty()) {
    text += fmt::format("; the network has no {}", Listed(mismatch.unknown));
  }
  const std::string near =
      mismatch.missing.empty() ? "" : DidYouMean(mismatch.missing[0], mismatch.unknown);
  return Error(Code::kBadValue, text,
               {.hint = near.empty() ? "are they the weights of another network or width?" : near});
}

}  // namespace

WeightMap ReadWeights(const std::filesystem::path& path) {
  const MappedFile file(path);
  if (LooksLikeTorchFile(file.bytes())) {
    return ParseTorchFile(file.bytes(), path.string()).Value();
  }
  constexpr size_t kHeaderAt = 8;  // behind its length
  if (file.bytes().size() <= kHeaderAt || file.bytes()[kHeaderAt] != '{') {
    throw Error(Code::kUnsupported, fmt::format("{} holds no weights", path.string()),
                {.hint = "files of safetensors and of torch.save (.pth, .pt) are read"});
  }
  return ParseSafetensors(file.bytes(), path.string()).Value().tensors;
}

Adopted AdoptWeights(const Graph& graph, WeightMap file, const std::string& name) {
  file = WithoutPrefix(std::move(file));
  const std::set<std::string> head = HeadNames(graph);
  Adopted adopted;
  Mismatch mismatch;
  for (const Graph::Parameter& parameter : graph.parameters) {
    const auto found = Find(parameter, file);
    if (found == file.end()) {
      const bool counter = parameter.dtype == DType::kInt64;
      auto& list = counter || head.contains(parameter.name) ? adopted.fresh : mismatch.missing;
      list.push_back(parameter.name);
      continue;
    }
    const std::string& key = found->first;
    Tensor& tensor = found->second;
    if (tensor.shape == parameter.shape && tensor.dtype == parameter.dtype) {
      adopted.weights.emplace(parameter.name, std::move(tensor));
    } else if (head.contains(parameter.name)) {
      adopted.fresh.push_back(parameter.name);
    } else {
      mismatch.shapes.push_back(fmt::format("{} as {} {}, not {} {}", key, Name(tensor.dtype),
                                            ToString(tensor.shape), Name(parameter.dtype),
                                            ToString(parameter.shape)));
    }
    file.erase(found);
  }
  for (const auto& entry : file) mismatch.unknown.push_back(entry.first);
  if (mismatch.Fatal()) throw DoNotFit(name, mismatch);
  return adopted;
}

}  // namespace keelrow::nets
