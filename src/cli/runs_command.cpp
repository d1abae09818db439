#include <fmt/format.h>

#include <array>
#include <set>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/living_run.h"
#include "cli/time_text.h"

namespace keelrow::cli {
namespace {

track::Store OpenStore(const Globals& globals) {
  const pipeline::Workspace workspace = globals.OpenWorkspace();
  track::Store store(workspace.StoreFile());
  EndKilledRuns(workspace, store);
  return store;
}

/// A run that goes on has no length yet, and nobody knows when a killed one ended.
std::string TookText(const track::Run& run) {
  if (run.ended == 0 || run.status == "killed") return "-";
  return HumanSeconds(static_cast<double>(run.ended - run.started) / 1e3);
}

Json ToJson(const track::Run& run) {
  Json steps = Json::array();
  for (const track::StepRecord& step : run.steps) {
    steps.push_back({{"name", step.name},
                     {"key", step.key},
                     {"status", step.status},
                     {"seconds", step.seconds}});
  }
  return {{"id", run.id},           {"project", run.project}, {"status", run.status},
          {"started", run.started}, {"ended", run.ended},     {"parameters", run.parameters},
          {"tags", run.tags},       {"metrics", run.metrics}, {"steps", steps}};
}

std::string MetricText(const track::Run& run, const std::string& metric) {
  const auto found = run.metrics.find(metric);
  return found == run.metrics.end() ? "-" : fmt::format("{:.4f}", found->second);
}

void List(const Globals& globals, int limit) {
  // One more than is shown tells whether there are others.
  std::vector<track::Run> runs = OpenStore(globals).ListRuns({}, limit + 1);
  const bool more = runs.size() > static_cast<size_t>(limit);
  if (more) runs.pop_back();
  if (globals.json()) {
    Json rows = Json::array();
    for (const track::Run& run : runs) rows.push_back(ToJson(run));
    fmt::print("{}\n", rows.dump(1));
    return;
  }
  std::vector<std::vector<std::string>> rows = {
      {"run", "status", "started (UTC)", "took", "test accuracy"}};
  for (const track::Run& run : runs) {
    rows.push_back({run.id, run.status, TimeText(run.started), TookText(run),
                    MetricText(run, "test.accuracy")});
  }
  fmt::print("{}",
             runs.empty() ? "No runs yet: `keelrow run` makes the first.\n" : RenderTable(rows));
  if (more) fmt::print("Older ones are not shown: --limit {}\n", 10 * limit);
}

void Show(const Globals& globals, const std::string& id) {
  const track::Run run = OpenStore(globals).GetRun(id);
  if (globals.json()) {
    fmt::print("{}\n", ToJson(run).dump(1));
    return;
  }
  fmt::print("run {}  {}  {}  started {} UTC\n\n", run.id, run.project, run.status,
             TimeText(run.started));
  std::vector<std::vector<std::string>> steps = {{"step", "status", "seconds", "key"}};
  for (const track::StepRecord& step : run.steps) {
    steps.push_back(
        {step.name, step.status, fmt::format("{:.1f}", step.seconds), step.key.substr(0, 16)});
  }
  std::vector<std::vector<std::string>> metrics = {{"metric", "value"}};
  for (const auto& [name, value] : run.metrics) {
    metrics.push_back({name, fmt::format("{:.6g}", value)});
  }
  fmt::print("{}\n{}", RenderTable(steps), RenderTable(metrics));
}

/// Rows in which the two differ; `get` maps a run to its names and values.
void AddDifferences(const std::map<std::string, std::string>& a,
                    const std::map<std::string, std::string>& b,
                    std::vector<std::vector<std::string>>& rows) {
  std::set<std::string> names;
  for (const auto& [name, value] : a) names.insert(name);
  for (const auto& [name, value] : b) names.insert(name);
  const auto text = [](const auto& values, const std::string& name) {
    const auto found = values.find(name);
    return found == values.end() ? std::string("-") : found->second;
  };
  for (const std::string& name : names) {
    if (text(a, name) != text(b, name)) rows.push_back({name, text(a, name), text(b, name)});
  }
}

std::map<std::string, std::string> MetricTexts(const track::Run& run) {
  std::map<std::string, std::string> texts;
  for (const auto& [name, value] : run.metrics) texts[name] = fmt::format("{:.6g}", value);
  return texts;
}

void Compare(const Globals& globals, const std::string& first, const std::string& second) {
  const track::Store store = OpenStore(globals);
  const track::Run a = store.GetRun(first);
  const track::Run b = store.GetRun(second);
  if (globals.json()) {
    fmt::print("{}\n", Json{ToJson(a), ToJson(b)}.dump(1));
    return;
  }
  std::vector<std::vector<std::string>> rows = {{"differs", a.id, b.id}};
  AddDifferences(a.parameters, b.parameters, rows);
  AddDifferences(MetricTexts(a), MetricTexts(b), rows);
  fmt::print("{}", rows.size() == 1 ? "The runs do not differ.\n" : RenderTable(rows));
}

}  // namespace

void DefineRuns(CLI::App& command, Globals& globals, Outcome&) {
  command.require_subcommand(1);
  auto ids = std::make_shared<std::array<std::string, 2>>();
  CLI::App* list = command.add_subcommand("ls", "List runs, newest first");
  auto limit = std::make_shared<int>(100);
  list->add_option("--limit", *limit, "The newest so many")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  list->fallthrough()->callback([&globals, limit] { List(globals, *limit); });
  CLI::App* show = command.add_subcommand("show", "Show one run");
  show->add_option("run", (*ids)[0], "Its id, the beginning of it, or `last`")->required();
  show->fallthrough()->callback([&globals, ids] { Show(globals, (*ids)[0]); });
  CLI::App* compare = command.add_subcommand("compare", "Show where two runs differ");
  compare->add_option("first", (*ids)[0], "A run")->required();
  compare->add_option("second", (*ids)[1], "Another run")->required();
  compare->fallthrough()->callback([&globals, ids] { Compare(globals, (*ids)[0], (*ids)[1]); });
}

}  // namespace keelrow::cli
