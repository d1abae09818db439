#include "project/project.h"

#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"

namespace keelrow::project {
namespace {

void ApplyEnvironment(config::Node& root, const std::string& env) {
  if (env.empty()) return;
  const config::Node* envs = root.Find("envs");
  const config::Node* overlay = envs != nullptr ? envs->Find(env) : nullptr;
  if (overlay == nullptr) {
    std::vector<std::string> names;
    if (envs != nullptr) {
      for (const auto& [name, node] : envs->entries) names.push_back(name);
    }
    throw Error(
        Code::kNotFound, fmt::format("the project has no environment `{}`", env),
        {.hint = names.empty() ? "add it under `envs`" : "environments: " + JoinText(names, ", ")});
  }
  // `prod:` without keys changes nothing.
  if (overlay->kind != config::Node::Kind::kNull) config::Merge(root, config::Node(*overlay));
}

void ApplySet(config::Node& root, const std::string& assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error(Code::kUsage, fmt::format("--set {}: expected KEY=VALUE", assignment));
  }
  config::SetPath(root, assignment.substr(0, equals), assignment.substr(equals + 1));
}

void CheckName(const Project& project) {
  const bool plain = project.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") ==
                     std::string::npos;
  if (!project.name.empty() && plain && project.name[0] != '.') return;
  throw Error(Code::kBadValue, fmt::format("`{}` cannot be a project's name", project.name),
              {.hint = "use lower-case letters, digits, `-`, `_` and `.`"});
}

}  // namespace

const std::vector<config::Choice>& TaskChoices() {
  static const std::vector<config::Choice> choices = {
      {.name = "image-classification", .help = "One label for each picture."},
  };
  return choices;
}

const std::vector<config::Choice>& OnViolationChoices() {
  static const std::vector<config::Choice> choices = {
      {.name = "stop", .help = "The run ends with the table of violations."},
      {.name = "clean",
       .help = "Bad examples are set aside into a list, the rest is checked again. Your files are "
               "never touched."},
      {.name = "warn", .help = "The violations are recorded and the run goes on."},
  };
  return choices;
}

/// As the registry wants it: said before a training, not after it.
void CheckAlias(const GateConfig& gate) {
  const std::string& alias = gate.alias;
  const bool good = !alias.empty() && alias.size() <= 128 && alias.front() != '.' &&
                    alias.find_first_of("/\\@ \t\n") == std::string::npos;
  if (good) return;
  throw Error(Code::kBadValue, fmt::format("`{}` cannot be the name of an alias", alias),
              {.hint = "gate: {alias: challenger}"});
}

void Describe(config::Object<DataConfig>& object) {
  object.Doc("What the model learns from.");
  object
      .Field("source", &DataConfig::source,
             "A folder with a folder per class, a .tar of one, or a manifest (.csv, .jsonl, "
             ".parquet); relative to the project file.")
      .Required();
  object.Field("path_column", &DataConfig::path_column,
               "Column of a manifest that holds the file's path, relative to the manifest.");
  object.Field("label_column", &DataConfig::label_column,
               "Column of a manifest that holds the label.");
  object.Field("split", &DataConfig::split, "How examples are divided.");
  object.Field("cleaning", &DataConfig::cleaning, "What is mended before training.");
  object.Field("quality", &DataConfig::quality, "Limits that the data must keep.");
  object.Field("on_violation", &DataConfig::on_violation, "What happens when it does not.");
}

void Describe(config::Object<GateConfig>& object) {
  object.Doc("Conditions on a new model. A model that fails one is registered, but not promoted.");
  object.Field("not_worse_than", &GateConfig::not_worse_than,
               "An alias such as `@champion`: every metric named here must not be worse than that "
               "model's. Both are as measured when they were made; the verdict says when that "
               "was on another test set.");
  object
      .Field("tolerance", &GateConfig::tolerance,
             "By how much a metric may fall behind `not_worse_than`.")
      .Range(0, 1);
  object.Field("alias", &GateConfig::alias,
               "What a model that passes is called: `champion` answers at once, `challenger` waits "
               "for `keelrow rollout start --alias challenger`. The first one is champion anyway.");
  object.FreeKeys(&GateConfig::metrics,
                  "A limit on a metric of the evaluation, such as `test.accuracy: \">=0.97\"`.");
  object.Check(CheckAlias);
}

void Describe(config::Object<Project>& object) {
  object.Doc(
      "The project file, `keelrow.yaml`, declares everything from data to serving. Every "
      "key but `name` and `data.source` has a default.");
  object.Field("version", &Project::version, "Version of this file's format.").Range(1, 1);
  object.Field("name", &Project::name, "Name of the project and of its registered model.")
      .Required();
  object.Field("task", &Project::task, "What is learned.");
  object.Field("seed", &Project::seed, "From which every random draw is derived.");
  object.Field("data", &Project::data, "What is learned from.").Required();
  object.Field("prepare", &Project::prepare,
               "Steps from a file's bytes to the network's input; part of the bundle, the same in "
               "training and serving.");
  object.Field("augment", &Project::augment, "Random changes of training examples.");
  object.Field("model", &Project::model, "The network.");
  object.Field("train", &Project::train, "How it is trained.");
  object.Field("cross_validation", &Project::cross_validation,
               "How far to trust the numbers, and the labels.");
  object.Field("predict", &Project::predict, "How it answers.");
  object.Field("gate", &Project::gate, "What it must reach.");
  object.Field("serve", &Project::serve, "How `keelrow up` answers.");
  object.Field("alerts", &Project::alerts, "When somebody is told that it does not answer well.");
  object.Field("rollout", &Project::rollout, "How a new version comes in.");
  object.Field("gateway", &Project::gateway, "How a gateway sends requests on.");
  object.Field("envs", &Project::envs,
               "Named overlays, chosen with `--env NAME`: any keys of this file.");
  object.Check(CheckName);
}

LoadedProject Parse(std::string_view text, const std::string& name, const LoadOptions& options) {
  config::Node root = config::ParseYaml(text, name);
  ApplyEnvironment(root, options.env);
  for (const std::string& assignment : options.set) ApplySet(root, assignment);
  LoadedProject loaded{.project = config::Read<Project>(root), .file = name};
  loaded.canonical = config::Write(loaded.project);
  return loaded;
}

void RequireFile(const fs::path& file) {
  if (fs::exists(file)) return;
  throw Error(Code::kNotFound, fmt::format("there is no project file {}", file.string()),
              {.hint = "make one with `keelrow init -t image DIR`, or name it with -f"});
}

LoadedProject Load(const fs::path& file, const LoadOptions& options) {
  RequireFile(file);
  return Parse(ReadFile(file, 1 << 20), file.string(), options);
}

}  // namespace keelrow::project
