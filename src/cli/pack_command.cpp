#include <fmt/format.h>

#include <charconv>

#include "base/files.h"
#include "base/text.h"
#include "bundle/bundle.h"
#include "cli/commands.h"
#include "engine/predictor.h"
#include "models/source.h"
#include "transforms/chain.h"

// `keelrow models pack`: a network that was trained elsewhere becomes a bundle.
namespace keelrow::cli {
namespace {

struct Arguments {
  std::string network;
  std::string labels;
  std::string name;
  std::string folder;
};

[[noreturn]] void RefuseLabels(const std::string& file) {
  throw Error(Code::kBadValue, fmt::format("{} holds no labels", file),
              {.hint = "a line each, a JSON list, or TorchServe's index_to_name.json"});
}

/// "cat", or the name that stands last in ["n02123045", "tabby"].
std::string LabelOf(const Json& json, const std::string& file) {
  if (json.is_string()) return json;
  if (json.is_array() && !json.empty() && json.back().is_string()) return json.back();
  RefuseLabels(file);
}

std::vector<std::string> LabelsFromJson(const Json& json, const std::string& file) {
  std::vector<std::string> labels;
  if (json.is_array()) {
    for (const Json& label : json) labels.push_back(LabelOf(label, file));
    return labels;
  }
  if (!json.is_object()) RefuseLabels(file);
  for (size_t i = 0; i < json.size(); ++i) {
    const auto found = json.find(std::to_string(i));
    if (found == json.end()) RefuseLabels(file);
    labels.push_back(LabelOf(*found, file));
  }
  return labels;
}

/// In the order of the network's outputs.
std::vector<std::string> ReadLabels(const std::string& file) {
  std::vector<std::string> labels;
  if (fs::path(file).extension() == ".json") {
    labels = LabelsFromJson(ReadJsonFile(file), file);
  } else {
    for (std::string line : SplitText(ReadFile(file), '\n')) {
      if (line.ends_with('\r')) line.pop_back();
      if (!line.empty()) labels.push_back(std::move(line));
    }
  }
  if (labels.empty()) RefuseLabels(file);
  return labels;
}

/// Behind the versions that are there: "3" where there are 1 and 2.
fs::path NextVersion(const fs::path& model) {
  int highest = 0;
  for (const auto& entry : fs::directory_iterator(model)) {
    const std::string name = entry.path().filename().string();
    int number = 0;
    const auto [end, failure] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (failure == std::errc() && end == name.data() + name.size()) {
      highest = std::max(highest, number);
    }
  }
  return model / std::to_string(highest + 1);
}

std::string ShapeText(const std::vector<int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

/// What `prepare` makes must be a row of what the network takes, and a label a column of what it
/// gives.
void RequireFit(const engine::Session& session, const transforms::Chain& chain, size_t labels) {
  std::vector<int64_t> made = chain.OutputShape();
  made.insert(made.begin(), -1);
  const std::vector<int64_t>& taken = session.Inputs()[0].shape;
  const bool fits = std::ranges::equal(
      made, taken, [](int64_t have, int64_t want) { return want < 0 || have == want; });
  if (!fits) {
    throw Error(Code::kBadValue,
                fmt::format("`prepare` makes {}, but the network takes {}", ShapeText(made),
                            ShapeText(taken)),
                {.hint = "`resize`, `crop` and `decode` set size and channels"});
  }
  const std::vector<int64_t>& given = session.Outputs()[0].shape;
  if (given.size() == 2 && (given[1] < 0 || given[1] == static_cast<int64_t>(labels))) return;
  throw Error(Code::kBadValue, fmt::format("there are {} labels, but the network gives {}", labels,
                                           ShapeText(given)));
}

bundle::Manifest ManifestOf(const Arguments& arguments, const project::Project& project) {
  if (project.prepare.empty()) {
    throw Error(Code::kMissingKey, "the project file has no `prepare`",
                {.hint = "it says what becomes of a picture before the network sees it"});
  }
  const transforms::Chain chain(project.prepare);
  const engine::Session session = engine::Session::Open(arguments.network);
  const std::vector<std::string> labels = ReadLabels(arguments.labels);
  bundle::Manifest manifest{.name = arguments.name,
                            .task = "image-classification",
                            .inputs = session.Inputs(),
                            .outputs = session.Outputs(),
                            .preprocess = chain.ToJson(),
                            .postprocess = "classification",
                            .labels = labels,
                            .lineage = {{"packed_from", fs::path(arguments.network).filename()}}};
  // Refuses networks that are no row in, row out; and those with weights in another file.
  const engine::Predictor trial(manifest, ReadFile(arguments.network));
  RequireFit(trial.session(), chain, labels.size());
  return manifest;
}

void Pack(const Globals& globals, Arguments arguments) {
  const project::Project project = globals.LoadProject().project;
  if (arguments.name.empty()) arguments.name = fs::path(arguments.network).stem().string();
  if (arguments.folder.empty()) arguments.folder = project.serve.models.folder;
  if (!models::IsModelName(arguments.name)) {
    throw Error(Code::kUsage, fmt::format("`{}` cannot be a model's name", arguments.name),
                {.hint = "--name gives it one of letters, digits, `-`, `_` and `.`"});
  }
  if (arguments.folder.empty()) {
    throw Error(Code::kUsage, "there is no folder of models to write to",
                {.hint = "name one in the project file, serve: {models: {folder: models}}, or by "
                         "--folder"});
  }
  const bundle::Manifest manifest = ManifestOf(arguments, project);
  const fs::path model = fs::path(arguments.folder) / arguments.name;
  MakeFolders(model);
  // A service that watches the folder sees the whole bundle or none.
  const TemporaryFolder work(model);
  const fs::path bundle = work.path() / "bundle";
  MakeFolders(bundle);
  CopyFile(arguments.network, bundle / bundle::kNetworkFile);
  bundle::Seal(bundle, manifest, Json::object());
  const fs::path version = NextVersion(model);
  fs::rename(bundle, version);
  fmt::print("{}: {} labels; `keelrow up` serves it as {} version {}\n", version.string(),
             manifest.labels.size(), arguments.name, version.filename().string());
}

}  // namespace

void DefinePack(CLI::App& command, Globals& globals) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* pack = command.add_subcommand(
      "pack", "Make a bundle of a network trained elsewhere: `prepare`, the network, its labels");
  pack->fallthrough();
  pack->add_option("network", arguments->network, "An ONNX file that gives a logit for each label")
      ->required();
  pack->add_option("--labels", arguments->labels,
                   "Names of the outputs: a line each, a JSON list, or index_to_name.json")
      ->required();
  pack->add_option("--name", arguments->name, "The model's name (default: the file's)");
  pack->add_option("--folder", arguments->folder, "Of models (default: serve.models.folder)");
  pack->callback([&globals, arguments] { Pack(globals, *arguments); });
}

}  // namespace keelrow::cli
