#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/time_text.h"
#include "rollout/controller.h"
#include "rollout/keeper.h"

namespace keelrow::cli {
namespace {

using rollout::Evidence;
using rollout::Plan;
using rollout::Tally;

constexpr int kTries = 10;  // against the service, which may change it at the same time

struct RolloutArguments {
  std::string model;  // empty: the project's
  int version = 0;
  std::string alias;
  std::string mode;  // empty: the project's
  std::string reason;
  bool force = false;
};

std::string ModelOf(const Globals& globals, const RolloutArguments& arguments) {
  return arguments.model.empty() ? globals.LoadProject().project.name : arguments.model;
}

track::Rollout RequireLast(const track::Store& store, const std::string& model) {
  if (auto last = store.LastRollout(model)) return *std::move(last);
  throw Error(Code::kNotFound, fmt::format("no version of `{}` was ever rolled out", model),
              {.hint = "`keelrow rollout start VERSION` begins"});
}

track::ModelVersion Candidate(const track::Store& store, const std::string& model,
                              const RolloutArguments& arguments) {
  if (arguments.alias.empty()) return store.GetVersion(model, arguments.version);
  if (auto found = store.FindAlias(model, arguments.alias)) return *std::move(found);
  throw Error(Code::kNotFound, fmt::format("`{}` has no alias @{}", model, arguments.alias),
              {.hint = "`keelrow models ls` lists versions and aliases"});
}

std::string StepText(const Plan& plan, const track::Rollout& record) {
  const rollout::Step& step = plan.steps.at(static_cast<size_t>(record.step));
  const std::string what = plan.Answers() ? "answers" : "is compared with";
  std::string text = fmt::format("{} {:g} % of the requests", what, 100 * step.weight);
  if (plan.Ends()) {
    text += fmt::format(" for {}", Duration{step.hold}.ToString());
  }
  return text;
}

void Start(const Globals& globals, const RolloutArguments& arguments) {
  if ((arguments.version == 0) == arguments.alias.empty()) {
    throw Error(Code::kUsage, "name the new version: by its number or by --alias, not both",
                {.hint = "keelrow rollout start 7"});
  }
  if (arguments.force && arguments.reason.empty()) {
    throw Error(Code::kUsage, "--force needs a --reason: it stands in the audit");
  }
  const project::Project project = globals.LoadProject().project;
  project::RolloutConfig config = project.rollout;
  if (!arguments.mode.empty()) config.mode.value = arguments.mode;
  const std::string model = arguments.model.empty() ? project.name : arguments.model;
  track::Store store(globals.OpenWorkspace().StoreFile());
  const track::ModelVersion candidate = Candidate(store, model, arguments);
  RequireGate(candidate, arguments.force);
  const track::Rollout record = store.StartRollout({.model = model,
                                                    .candidate = candidate.version,
                                                    .plan = config::Write(config),
                                                    .actor = CurrentUser(),
                                                    .reason = arguments.reason});
  fmt::print("Rollout {} of {}: version {} {} beside version {}\n", record.id, model,
             record.candidate, StepText(rollout::PlanOf(config), record), record.stable);
}

/// Makes a change of what it is now, whoever else changes it meanwhile.
template <class F>
track::Rollout Apply(const Globals& globals, const RolloutArguments& arguments, F change) {
  const std::string model = ModelOf(globals, arguments);
  track::Store store(globals.OpenWorkspace().StoreFile());
  const rollout::Word word{.actor = CurrentUser(), .reason = arguments.reason};
  for (int i = 0; i < kTries; ++i) {
    const track::Rollout seen = RequireLast(store, model);
    if (store.ChangeRollout(change(seen, word))) return RequireLast(store, model);
  }
  throw Error(Code::kConflict, "others change the rollout again and again");
}

template <class F>
std::function<void()> Changing(const Globals& globals,
                               const std::shared_ptr<RolloutArguments>& arguments, F change,
                               const char* now) {
  return [&globals, arguments, change, now] {
    const track::Rollout record = Apply(globals, *arguments, change);
    fmt::print("Rollout {} of {} version {} is {}\n", record.id, record.model, record.candidate,
               now);
  };
}

double Milliseconds(const Tally& tally, double quantile) {
  return std::chrono::duration<double, std::milli>(tally.latencies.Quantile(quantile)).count();
}

Json ToJson(int version, const Tally& tally) {
  return {{"version", version},
          {"answers", tally.Total()},
          {"refused", tally.refused},
          {"failed", tally.failed},
          {"p50_ms", Milliseconds(tally, 0.5)},
          {"p99_ms", Milliseconds(tally, 0.99)},
          {"labels", tally.labels}};
}

Json ToJson(const track::Rollout& record, const Plan& plan, const Evidence& evidence) {
  Json json = {{"rollout", record.id},
               {"model", record.model},
               {"mode", NameOf(plan.mode)},
               {"state", record.state},
               {"step", record.step + 1},
               {"steps", plan.steps.size()},
               {"weight", plan.steps.at(static_cast<size_t>(record.step)).weight},
               {"started", record.started},
               {"step_began", record.step_began},
               {"ended", record.ended == 0 ? Json() : Json(record.ended)},
               {"reason", record.reason},
               {"stable", ToJson(record.stable, evidence.step.stable)},
               {"candidate", ToJson(record.candidate, evidence.step.candidate)}};
  json["candidate"]["absent"] = evidence.absent;
  json["unreadable"] = evidence.unreadable;
  if (plan.Answers()) return json;
  const rollout::Comparison& shadow = evidence.step.shadow;
  json["shadow"] = {
      {"compared", shadow.compared},
      {"agreed", shadow.agreed},
      {"failed", shadow.failed},
      {"passed_over", shadow.passed_over},
      {"distance",
       shadow.compared == 0 ? 0 : shadow.distance / static_cast<double>(shadow.compared)}};
  return json;
}

/// "cat 61 %, dog 39 %": the most frequent first.
std::string MixText(const Tally& tally) {
  constexpr size_t kShown = 3;
  std::vector<std::pair<uint64_t, std::string>> labels;
  uint64_t all = 0;
  for (const auto& [label, count] : tally.labels) {
    labels.emplace_back(count, label);
    all += count;
  }
  std::ranges::sort(labels, std::greater());
  std::vector<std::string> texts;
  for (const auto& [count, label] : labels) {
    texts.push_back(fmt::format("{} {:.0f} %", label,
                                100 * static_cast<double>(count) / static_cast<double>(all)));
  }
  return texts.empty() ? "-" : ListSome(texts, kShown);
}

std::vector<std::string> Row(const char* role, int version, const Tally& tally) {
  const auto time = [&](double quantile) {
    return tally.latencies.Total() == 0 ? "-"
                                        : fmt::format("{:.1f} ms", Milliseconds(tally, quantile));
  };
  return {std::to_string(version),
          role,
          std::to_string(tally.Total()),
          std::to_string(tally.refused),
          std::to_string(tally.failed),
          time(0.5),
          time(0.99),
          MixText(tally)};
}

void PrintTable(const track::Rollout& record, const Plan& plan, const Evidence& evidence) {
  fmt::print("Rollout {} of {} ({}): {}{}\n", record.id, record.model, NameOf(plan.mode),
             record.state, record.reason.empty() ? "" : fmt::format(" ({})", record.reason));
  fmt::print("step {} of {}: version {} {}\nstep since {} UTC{}\n\n", record.step + 1,
             plan.steps.size(), record.candidate, StepText(plan, record),
             TimeText(record.step_began),
             record.ended == 0 ? "" : fmt::format(", ended {} UTC", TimeText(record.ended)));
  fmt::print("{}", RenderTable(
                       {{"version", "role", "answers", "refused", "failed", "p50", "p99", "labels"},
                        Row("stable", record.stable, evidence.step.stable),
                        Row("candidate", record.candidate, evidence.step.candidate)}));
  for (const std::string& why : evidence.absent) {
    fmt::print("\na replica has not loaded version {}, and answers with version {}: {}\n",
               record.candidate, record.stable, why);
  }
  if (evidence.unreadable > 0) {
    fmt::print("\nwhat {} replicas have seen is damaged, and left out\n", evidence.unreadable);
  }
  if (plan.Answers()) return;
  const rollout::Comparison& shadow = evidence.step.shadow;
  const double compared = std::max(1.0, static_cast<double>(shadow.compared));
  fmt::print("\ncompared {}, of which {:.1f} % agree; mean distance {:.3f}; passed over {}\n",
             shadow.compared, 100 * static_cast<double>(shadow.agreed) / compared,
             shadow.distance / compared, shadow.passed_over);
}

void Status(const Globals& globals, const RolloutArguments& arguments) {
  const std::string model = ModelOf(globals, arguments);
  const track::Store store(globals.OpenWorkspace().StoreFile());
  const track::Rollout record = RequireLast(store, model);
  const Plan plan = rollout::StoredPlan(record.plan);
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  const Evidence evidence = rollout::Pooled(store.Evidence(record.id, record.step), now.count());
  if (globals.json()) {
    fmt::print("{}\n", ToJson(record, plan, evidence).dump(1));
  } else {
    PrintTable(record, plan, evidence);
  }
}

CLI::App* AddAction(CLI::App& command, const char* name, const char* help,
                    RolloutArguments& arguments) {
  CLI::App* action = command.add_subcommand(name, help);
  action->fallthrough();
  action->add_option("--model", arguments.model, "The model's name (default: the project's)");
  return action;
}

CLI::App* AddChange(CLI::App& command, const char* name, const char* help,
                    RolloutArguments& arguments) {
  CLI::App* action = AddAction(command, name, help, arguments);
  action->add_option("--reason", arguments.reason, "Why; stands in the audit");
  return action;
}

void DefineStart(CLI::App& command, Globals& globals,
                 const std::shared_ptr<RolloutArguments>& arguments) {
  CLI::App* start =
      AddChange(command, "start", "Bring a new version in beside the champion", *arguments);
  start->add_option("version", arguments->version, "The version's number")
      ->check(CLI::Range(1, 1'000'000'000));
  start->add_option("--alias", arguments->alias, "The version that this alias names");
  std::vector<std::string> modes;
  for (const config::Choice& choice : project::RolloutModeChoices()) modes.push_back(choice.name);
  start->add_option("--mode", arguments->mode, "How (default: rollout.mode of the project file)")
      ->check(CLI::IsMember(modes));
  start->add_flag("--force", arguments->force, "Although the gate failed");
  start->callback([&globals, arguments] { Start(globals, *arguments); });
}

}  // namespace

void DefineRollout(CLI::App& command, Globals& globals, Outcome&) {
  command.require_subcommand(1);
  auto arguments = std::make_shared<RolloutArguments>();
  DefineStart(command, globals, arguments);
  AddAction(command, "status", "Show how the last one stands", *arguments)
      ->callback([&globals, arguments] { Status(globals, *arguments); });
  AddChange(command, "pause", "Hold its step; the SLO is judged on", *arguments)
      ->callback(Changing(globals, arguments, rollout::Pause, "paused"));
  AddChange(command, "resume", "Let it go on; the step's time begins anew", *arguments)
      ->callback(Changing(globals, arguments, rollout::Resume, "running"));
  AddChange(command, "promote", "Make the new version @champion now", *arguments)
      ->callback(Changing(globals, arguments, rollout::Promote, "finished: it is @champion"));
  AddChange(command, "undo", "Give all requests to the old version again", *arguments)
      ->callback(Changing(globals, arguments, rollout::Undo, "undone"));
}

}  // namespace keelrow::cli
