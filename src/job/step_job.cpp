#include "job/step_job.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/error.h"
#include "base/text.h"

namespace keelrow::job {
namespace {

void WriteLine(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

Json StepJob::ToJson() const {
  Json json = {{"step", step},
               {"task", task},
               {"config", config},
               {"project_folder", project_folder.string()},
               {"inputs", Json::object()},
               {"outside", outside},
               {"output", output.string()},
               {"scratch", scratch.string()},
               {"run", run},
               {"store", store.string()}};
  for (const auto& [name, path] : inputs) json["inputs"][name] = path.string();
  return json;
}

StepJob StepJob::FromJson(const Json& json, const std::string& name) {
  try {
    StepJob job{.step = Member(json, "step", name),
                .task = json.value("task", ""),
                .config = Member(json, "config", name),
                .project_folder = Member(json, "project_folder", name).get<std::string>(),
                .outside = Member(json, "outside", name),
                .output = Member(json, "output", name).get<std::string>(),
                .scratch = json.value("scratch", ""),
                .run = json.value("run", ""),
                .store = json.value("store", "")};
    for (const auto& [step, path] : Member(json, "inputs", name).items()) {
      job.inputs[step] = path.get<std::string>();
    }
    return job;
  } catch (const Json::exception& failure) {
    throw Error(Code::kCorrupt, fmt::format("{} is not a step's job: {}", name, failure.what()));
  }
}

StepJob StepJob::Load(const std::filesystem::path& path) {
  return FromJson(ReadJsonFile(path), path.string());
}

Json StepJob::Config(const std::string& path) const {
  const Json* found = &config;
  for (const std::string& part : SplitText(path, '.')) {
    if (!found->is_object() || !found->contains(part)) return nullptr;
    found = &found->at(part);
  }
  return *found;
}

std::filesystem::path StepJob::Input(const std::string& producer, const std::string& name) const {
  const auto folder = inputs.find(producer);
  if (folder == inputs.end()) {
    throw Error(Code::kNotFound, fmt::format("step `{}` has no input from `{}`", step, producer));
  }
  return folder->second / name;
}

std::filesystem::path StepJob::StoreFile() const {
  if (!store.empty()) return store;
  throw Error(Code::kInternal, fmt::format("step `{}` does not declare the registry", step));
}

std::string StepEvent::ToLine() const {
  Json json = Json::object();
  if (fraction) json["fraction"] = *fraction;
  if (seconds_left) json["seconds_left"] = *seconds_left;
  if (!text.empty()) json["text"] = text;
  if (step) json["step"] = *step;
  if (!metrics.empty()) json["metrics"] = metrics;
  return Json{{"event", json}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<StepEvent> StepEvent::FromLine(const std::string& line) {
  const Expected<Json> parsed = ParseJson(line, "event", {.size_max = 1 << 20});
  if (!parsed || !parsed->is_object() || !parsed->contains("event")) return std::nullopt;
  const Json& json = (*parsed)["event"];
  try {
    StepEvent event{.text = json.value("text", "")};
    if (json.contains("fraction")) event.fraction = json["fraction"].get<double>();
    if (json.contains("seconds_left")) event.seconds_left = json["seconds_left"].get<double>();
    if (json.contains("step")) event.step = json["step"].get<int64_t>();
    if (json.contains("metrics")) {
      event.metrics = json["metrics"].get<std::map<std::string, double>>();
    }
    return event;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

void Emit(const StepEvent& event) {
  WriteLine(event.ToLine());
}

void EmitFailure(const Error& error) {
  Json json = {{"code", Info(error.code()).number},
               {"message", error.message()},
               {"hint", error.hint()},
               {"file", error.place().file},
               {"line", error.place().line},
               {"column", error.place().column},
               {"causes", Json::array()}};
  for (const Error* inner = error.cause(); inner != nullptr; inner = inner->cause()) {
    json["causes"].push_back(inner->message());
  }
  WriteLine(Json{{"failure", json}}.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::optional<Error> FailureFromLine(const std::string& line) {
  const Expected<Json> parsed = ParseJson(line, "failure", {.size_max = 1 << 20});
  if (!parsed || !parsed->is_object() || !parsed->contains("failure")) return std::nullopt;
  try {
    const Json& json = (*parsed)["failure"];
    const CodeInfo* info = FindCode(json.at("code").get<std::string>());
    std::vector<std::string> messages = json.at("causes");
    messages.insert(messages.begin(), json.at("message").get<std::string>());
    Error error(
        info != nullptr ? info->code : Code::kStepFailed, messages.back(),
        {.hint = json.at("hint"),
         .place = {.file = json.at("file"), .line = json.at("line"), .column = json.at("column")}});
    for (messages.pop_back(); !messages.empty(); messages.pop_back()) {
      error = error.Wrap(messages.back());
    }
    return error;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace keelrow::job
