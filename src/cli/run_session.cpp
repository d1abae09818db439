#include "cli/run_session.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/living_run.h"
#include "cli/progress.h"
#include "evaluate/cross_validation.h"
#include "pipeline/lock_file.h"
#include "project/job_source.h"
#include "steps/gate.h"
#include "steps/table.h"
#include "track/store.h"

namespace keelrow::cli {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// "train.epochs" → "8", for the store.
void Flatten(const Json& json, const std::string& path, std::map<std::string, std::string>& flat) {
  if (!json.is_object() || json.empty()) {
    flat[path] = json.is_string() ? json.get<std::string>() : json.dump();
    return;
  }
  for (const auto& [key, value] : json.items()) {
    Flatten(value, path.empty() ? key : path + "." + key, flat);
  }
}

std::string ProgressLine(const pipeline::PlannedStep& step, size_t index, size_t count,
                         const job::StepEvent& event) {
  std::string line = fmt::format("[{}/{}] {}", index + 1, count, step.kind->name);
  if (event.fraction) line += fmt::format("  {:3.0f} %", 100 * *event.fraction);
  if (!event.text.empty()) line += "  " + event.text;
  if (event.seconds_left) line += "  ETA " + HumanSeconds(*event.seconds_left);
  return line;
}

/// Why a run ended matters more than that it cannot be recorded, say on a full disk.
void RecordEnd(track::Store& store, const std::string& run, const std::string& status) {
  try {
    store.FinishRun(run, status);
  } catch (const Error& error) {
    log::Warning("run {} {}, which could not be recorded: {}", run, status, error.message());
  }
}

/// The same keys on another machine may round differently.
void WarnOfOtherBytes(const pipeline::LockFile& lock, const pipeline::Plan& plan,
                      const pipeline::RunResult& result) {
  const std::string step = lock.FirstDifference(plan, result);
  if (step.empty()) return;
  log::Warning("step `{}` gave other bytes than keelrow.lock has{}", step,
               lock.OfThisMachine() ? "" : ", which was made on another processor");
}

void AddMeans(const std::filesystem::path& file, std::map<std::string, double>& metrics) {
  const auto validation = evaluate::CrossValidationFromJson(ReadJsonFile(file), file.string());
  for (const auto& [name, mean] : validation.means) {
    metrics["cross_validation." + name] = mean.mean;
  }
}

/// What became of the promotion: when the step was cached, somebody may have promoted another
/// version since, and that choice stands.
std::string PromotionText(const Json& promotion, const track::Store& store) {
  const std::string model = promotion.at("model");
  const int version = promotion.at("version");
  const std::string alias = promotion.value("alias", "champion");
  const auto holder = store.FindAlias(model, alias);
  if (alias != "champion" && holder && holder->version == version) {
    return fmt::format("{} version {} is @{}", model, version, alias);
  }
  const auto champion = store.FindAlias(model, "champion");
  if (!champion) {
    return fmt::format("{} has no @champion: `keelrow run --force promote` makes this one", model);
  }
  if (champion->version == version)
    return fmt::format("{} version {} is @champion", model, version);
  return fmt::format(
      "{0} version {1} was made before; @champion is version {2} "
      "(`keelrow models promote {0} {1}` changes that)",
      model, version, champion->version);
}

}  // namespace

/// Turns what happens in a run into progress lines and rows of the store.
class RunSession::Recorder {
 public:
  Recorder(track::Store& store, std::string run, const pipeline::Plan& plan, bool quiet)
      : store_(store), run_(std::move(run)), progress_(quiet) {
    for (const auto& step : plan.steps) name_width_ = std::max(name_width_, step.kind->name.size());
  }

  pipeline::RunObserver Observer() {
    return {.on_start =
                [this](const auto& step, size_t index, size_t count) {
                  index_ = index;
                  count_ = count;
                  progress_.Show(ProgressLine(step, index, count, {}));
                },
            .on_event = [this](const auto& step, const auto& event) { OnEvent(step, event); },
            .on_wait =
                [this](const auto& step) {
                  progress_.Keep(ProgressLine(step, index_, count_,
                                              {.text = "waits for another run that has it"}));
                },
            .on_end = [this](const auto& step, const auto& record,
                             bool ran) { OnEnd(step, record, ran); }};
  }

 private:
  /// A metric that cannot be recorded is no reason to end a training of hours.
  void LogMetrics(const job::StepEvent& event) {
    try {
      store_.LogMetrics(run_, event.step.value_or(0), event.metrics);
    } catch (const Error& error) {
      log::Warning("a metric could not be recorded: {}", error.message());
    }
  }

  void OnEvent(const pipeline::PlannedStep& step, const job::StepEvent& event) {
    if (!event.metrics.empty()) LogMetrics(event);
    if (!event.text.empty() || event.fraction) {
      progress_.Show(ProgressLine(step, index_, count_, event));
    }
    if (!event.text.empty()) last_text_ = event.text;
  }

  void OnEnd(const pipeline::PlannedStep& step, const pipeline::ArtifactRecord& record, bool ran) {
    store_.RecordStep(run_, {.name = step.kind->name,
                             .key = step.key,
                             .status = ran ? "ran" : "cached",
                             .seconds = ran ? record.seconds : 0});
    if (ran) {
      progress_.Keep(fmt::format("[{}/{}] {:<{}} {:>8}  {}", index_ + 1, count_, step.kind->name,
                                 name_width_, HumanSeconds(record.seconds), last_text_));
    }
    last_text_.clear();
  }

  track::Store& store_;
  std::string run_;
  Progress progress_;
  size_t name_width_ = 9;  // of the longest
  size_t index_ = 0;
  size_t count_ = 0;
  std::string last_text_;
};

RunSession::RunSession(const Globals& globals)
    : globals_(globals),
      loaded_(globals.LoadProject()),
      workspace_(globals.OpenWorkspace()),
      table_(steps::KindsFor(loaded_.project)) {
  steps::CheckProject(loaded_.project);
}

pipeline::Plan RunSession::Plan(const pipeline::PlanOptions& options) const {
  const track::Store store(workspace_.StoreFile());
  pipeline::PlanOptions complete = options;
  complete.past_seconds = [&](const std::string& step) {
    return store.LastStepSeconds(loaded_.project.name, step);
  };
  return pipeline::MakePlan(table_, loaded_.canonical, workspace_, complete);
}

RunSummary RunSession::Run(const pipeline::PlanOptions& options) {
  const auto started = Clock::now();
  const pipeline::Plan plan = Plan(options);
  std::optional<pipeline::LockFile> lock;
  if (globals_.locked) {
    lock = pipeline::LockFile::Load(workspace_.ProjectLock());
    lock->Check(plan);
  }
  RunSummary summary;
  const pipeline::RunResult result = Execute(plan, summary);
  if (lock) WarnOfOtherBytes(*lock, plan, result);
  const bool whole = options.only.empty() && options.until.empty();
  if (whole && !globals_.locked) {
    pipeline::LockFile::Of(plan, result, loaded_.project.seed).Save(workspace_.ProjectLock());
  }
  Collect(result, summary);
  summary.cached = plan.steps.size() - result.ran.size();
  summary.seconds = SecondsSince(started);
  return summary;
}

pipeline::RunResult RunSession::Execute(const pipeline::Plan& plan, RunSummary& summary) {
  pipeline::RunOptions options{.task = loaded_.project.task.value};
  if (plan.CountToRun() == 0) return pipeline::Run(plan, workspace_, options);
  track::Store store(workspace_.StoreFile());
  steps::CheckReference(loaded_.project.gate, loaded_.project.name, store);
  track::NewRun fresh{.project = loaded_.project.name,
                      .tags = {{"program", fmt::format("keelrow {}", Version())},
                               {"cpu", pipeline::CpuFeatures()}}};
  Flatten(loaded_.canonical, "", fresh.parameters);
  EndKilledRuns(workspace_, store);
  summary.run = store.CreateRun(fresh);
  const LivingRun living(workspace_, summary.run);
  try {
    Recorder recorder(store, summary.run, plan, globals_.quiet);
    options.run = summary.run;
    options.observer = recorder.Observer();
    pipeline::RunResult result = pipeline::Run(plan, workspace_, options);
    store.FinishRun(summary.run, "finished");
    return result;
  } catch (...) {
    RecordEnd(store, summary.run, StopRequested() ? "interrupted" : "failed");
    throw;
  }
}

void RunSession::Collect(const pipeline::RunResult& result, RunSummary& summary) const {
  summary.ran = result.ran;
  for (const auto& [step, record] : result.artifacts) {
    const auto folder = workspace_.Cache(pipeline::ArtifactId(step, record.key));
    if (step == "evaluate") {
      summary.metrics.merge(
          ReadJsonFile(folder / "metrics.json").get<std::map<std::string, double>>());
    }
    if (step == "cross_validate") AddMeans(folder / "cross_validation.json", summary.metrics);
    if (step == "report") summary.report = (folder / "report.html").string();
    if (step == "promote") {
      summary.promotion = PromotionText(ReadJsonFile(folder / "promotion.json"),
                                        track::Store(workspace_.StoreFile()));
    }
  }
}

std::filesystem::path RunSession::Output(const std::string& step,
                                         const pipeline::PlanOptions& options) const {
  const pipeline::Plan plan = Plan(options);
  const pipeline::PlannedStep* planned = plan.Find(step);
  if (planned == nullptr || planned->action == pipeline::Action::kRun) {
    throw Error(Code::kNotFound, fmt::format("the step `{}` has not run", step),
                {.hint = "keelrow run"});
  }
  return workspace_.Cache(pipeline::ArtifactId(step, planned->key));
}

std::unique_ptr<data::Source> RunSession::OpenSource() const {
  return data::OpenSource(
      project::SourceOptionsFrom(loaded_.canonical, workspace_.project_folder()));
}

Json RunSummary::ToJson() const {
  return {{"run", run},         {"ran", ran},       {"cached", cached},      {"seconds", seconds},
          {"metrics", metrics}, {"report", report}, {"promotion", promotion}};
}

std::string RunSummary::Render() const {
  std::string text = ran.empty() ? fmt::format("Nothing to do: {} steps cached.\n", cached)
                                 : fmt::format("Ran {} steps, {} cached, in {}.  Run {}\n",
                                               ran.size(), cached, HumanSeconds(seconds), run);
  size_t width = 0;
  for (const auto& [name, value] : metrics) width = std::max(width, name.size());
  for (const auto& [name, value] : metrics) {
    text += fmt::format("  {:<{}} {:.4f}\n", name, width, value);
  }
  if (!report.empty()) text += fmt::format("Report: {}\n", report);
  if (!promotion.empty()) text += promotion + "\n";
  return text;
}

}  // namespace keelrow::cli
