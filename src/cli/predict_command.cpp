#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "base/parallel.h"
#include "cli/commands.h"
#include "engine/predictor.h"
#include "track/store.h"

namespace keelrow::cli {
namespace {

Error NoSuchModel(const std::string& model, const std::string& name, const std::string& alias) {
  if (model.empty()) {
    return Error(Code::kNotFound, fmt::format("`{}` has no promoted version to ask", name),
                 {.hint = "`keelrow run` trains and promotes one; -m names a bundle"});
  }
  return Error(
      Code::kNotFound,
      fmt::format("`{}` is neither a bundle's folder nor a model with the alias @{}", model, alias),
      {.hint = "`keelrow models ls` lists the registered models"});
}

/// A bundle's folder, or a registered model's name with an alias or version: `digits@champion`,
/// `digits/3`. Without any, the champion of the project.
fs::path ResolveBundle(const std::string& model, const Globals& globals) {
  if (fs::exists(fs::path(model) / "SHA256SUMS")) return model;
  if (!model.empty() && !fs::exists(globals.file)) {
    throw Error(Code::kNotFound,
                fmt::format("{} is not a bundle's folder, and there is no project "
                            "here whose models it could name",
                            model),
                {.hint = "a bundle has a file SHA256SUMS; -f names a project file"});
  }
  const pipeline::Workspace workspace = globals.OpenWorkspace();
  const track::Store store(workspace.StoreFile());
  const std::string name = model.empty() ? globals.LoadProject().project.name
                                         : model.substr(0, model.find_first_of("@/"));
  if (const size_t slash = model.find('/'); slash != std::string::npos) {
    const Expected<double> version = ParseNumber(model.substr(slash + 1));
    if (version) return store.GetVersion(name, static_cast<int>(*version)).bundle_path;
  }
  const size_t at = model.find('@');
  const std::string alias = at == std::string::npos ? "champion" : model.substr(at + 1);
  const auto found = store.FindAlias(name, alias);
  if (!found) throw NoSuchModel(model, name, alias);
  return found->bundle_path;
}

struct Answer {
  std::string file;
  Json result;  // or {"error": …}
  bool ok = true;
};

std::vector<Answer> AnswerAll(const engine::Predictor& predictor,
                              const std::vector<std::string>& files) {
  std::vector<Answer> answers(files.size());
  ParallelFor(files.size(), [&](size_t i) {
    answers[i].file = files[i];
    try {
      answers[i].result = predictor.Answer(ReadFile(files[i]));
    } catch (const Error& error) {
      answers[i] = {.file = files[i], .result = {{"error", error.message()}}, .ok = false};
    }
  });
  return answers;
}

void Print(const std::vector<Answer>& answers, bool json) {
  for (const Answer& answer : answers) {
    if (json) {
      fmt::print("{}\n", Json{{"file", answer.file}, {"result", answer.result}}.dump(
                             -1, ' ', false, Json::error_handler_t::replace));
    } else if (!answer.ok) {
      fmt::print("{}  error: {}\n", answer.file, answer.result["error"].get<std::string>());
    } else {
      const std::string label = answer.result["label"];
      fmt::print("{}  {}  {:.4f}\n", answer.file, label,
                 answer.result["probabilities"][label].get<double>());
    }
  }
}

}  // namespace

void DefinePredict(CLI::App& command, Globals& globals, Outcome& outcome) {
  auto model = std::make_shared<std::string>();
  auto files = std::make_shared<std::vector<std::string>>();
  command.add_option("-m,--model", *model,
                     "A bundle's folder, or NAME@ALIAS, NAME/VERSION (default: the champion)");
  command.add_option("files", *files, "The files to answer")->required();
  command.callback([&globals, &outcome, model, files] {
    const engine::Predictor predictor = engine::Predictor::Load(ResolveBundle(*model, globals));
    const std::vector<Answer> answers = AnswerAll(predictor, *files);
    Print(answers, globals.json());
    const bool all = std::all_of(answers.begin(), answers.end(), [](auto& a) { return a.ok; });
    if (!all) outcome.exit_code = Info(Code::kBadExample).exit_code;
  });
}

}  // namespace keelrow::cli
