#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/files.h"
#include "base/parallel.h"
#include "cli/commands.h"
#include "engine/predictor.h"
#include "track/store.h"

namespace keelrow::cli {
namespace {

/// A registered model, named as "digits@champion", "digits/3" or "digits".
struct Reference {
  std::string model;
  std::string alias = "champion";
  std::optional<int> version = {};
};

std::optional<Reference> ParseReference(const std::string& text) {
  const size_t mark = text.find_first_of("@/");
  Reference reference{.model = text.substr(0, mark)};
  if (mark == std::string::npos) return reference;
  const std::string rest = text.substr(mark + 1);
  if (text[mark] == '@') {
    reference.alias = rest;
    return reference;
  }
  const char* end = rest.data() + rest.size();
  const auto [stopped, failure] = std::from_chars(rest.data(), end, reference.version.emplace());
  if (failure != std::errc() || stopped != end) return std::nullopt;
  return reference;
}

fs::path FolderOf(const Reference& reference, const pipeline::Workspace& workspace) {
  const track::Store store(workspace.StoreFile());
  if (reference.version) {
    return workspace.BundleFolder(
        store.GetVersion(reference.model, *reference.version).bundle_path);
  }
  if (const auto found = store.FindAlias(reference.model, reference.alias)) {
    return workspace.BundleFolder(found->bundle_path);
  }
  throw Error(
      Code::kNotFound,
      fmt::format("there is no model `{}` with the alias @{}", reference.model, reference.alias),
      {.hint = "`keelrow models ls` lists what is registered"});
}

fs::path ChampionFolder(const Globals& globals) {
  const std::string name = globals.LoadProject().project.name;
  const pipeline::Workspace workspace = globals.OpenWorkspace();
  const auto found = track::Store(workspace.StoreFile()).FindAlias(name, "champion");
  if (found) return workspace.BundleFolder(found->bundle_path);
  throw Error(Code::kNotFound, fmt::format("`{}` has no promoted version to ask", name),
              {.hint = "`keelrow run` trains and promotes one; -m names a bundle"});
}

/// A bundle's folder, or a registered model. Without any, the champion of the project.
fs::path ResolveBundle(const std::string& model, const Globals& globals) {
  if (model.empty()) return ChampionFolder(globals);
  if (fs::exists(fs::path(model) / "SHA256SUMS")) return model;
  if (!fs::exists(globals.file)) {
    throw Error(Code::kNotFound,
                fmt::format("{} is not a bundle's folder, and there is no project "
                            "here whose models it could name",
                            model),
                {.hint = "a bundle has a file SHA256SUMS; -f names a project file"});
  }
  if (const auto reference = ParseReference(model)) {
    return FolderOf(*reference, globals.OpenWorkspace());
  }
  throw Error(
      Code::kNotFound,
      fmt::format("`{}` is neither a bundle's folder nor NAME@ALIAS or NAME/VERSION", model),
      {.hint = "`keelrow models ls` lists what is registered"});
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
    const int streams = std::min(AvailableCores(), static_cast<int>(files->size()));
    const engine::Predictor predictor =
        engine::Predictor::Load(ResolveBundle(*model, globals), {.streams = streams});
    const std::vector<Answer> answers = AnswerAll(predictor, *files);
    Print(answers, globals.json());
    const bool all = std::all_of(answers.begin(), answers.end(), [](auto& a) { return a.ok; });
    if (!all) outcome.exit_code = Info(Code::kBadExample).exit_code;
  });
}

}  // namespace keelrow::cli
