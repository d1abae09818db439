#include "steps/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "data/split.h"
#include "evaluate/metrics.h"
#include "project/job_source.h"
#include "steps/steps.h"
#include "transforms/chain.h"

namespace keelrow::steps {
namespace {

using Keys = std::vector<std::string>;

/// The keys of the data source, and others.
Keys SourceAnd(const Keys& others) {
  Keys keys = project::SourceKeys();
  keys.insert(keys.end(), others.begin(), others.end());
  return keys;
}

/// The same as a step of keelrow-trainer, which can go on after a stop.
pipeline::StepKind ByTheTrainer(pipeline::StepKind kind) {
  kind.program = "keelrow-trainer";
  // Threads of LibTorch that wait for each other spin for so many rounds before they sleep.
  // libgomp's own 300,000 cost four times the processor time on a busy machine; 2,000 cost a fifth
  // of the speed on a quiet one (measured on 2 cores).
  kind.environment = {{"GOMP_SPINCOUNT", "10000"}};
  kind.resumable = true;
  kind.outside = {.what = "pretrained weights", .hash = PretrainedHash};
  return kind;
}

const std::vector<Step>& ImageClassification() {
  static const std::vector<Step> steps = {
      {{.name = "scan",
        .help = "Lists the source and hashes every example.",
        .config = project::SourceKeys(),
        .outside = {.what = "data", .hash = SourceHash}},
       Scan},
      {{.name = "check",
        .help = "Measures the quality of the data; sets bad examples aside where asked.",
        .version = 3,
        .after = {"scan"},
        .config = SourceAnd({"data.quality", "data.on_violation", "data.split.stratify",
                             "data.split.group", "data.split.time", "data.split.subset",
                             "data.cleaning.impute"})},
       Check},
      {{.name = "split",
        .help = "Divides the examples into training, validation and test.",
        .version = 2,
        .after = {"check"},
        .config = {"data.split", "data.cleaning.oversample", "seed"}},
       Split},
      {ByTheTrainer({.name = "train",
                     .help = "Trains the network and writes it as ONNX.",
                     .version = 2,
                     .after = {"split"},
                     .config = SourceAnd({"prepare", "augment", "model", "train", "seed"})})},
      {.kind = ByTheTrainer(
           {.name = "cross_validate",
            .help = "Trains once a fold; says how far to trust the numbers and the labels.",
            .version = 2,
            .after = {"check", "split"},
            .config = SourceAnd({"prepare", "augment", "model", "train", "seed", "data.split",
                                 "cross_validation"})}),
       .wanted = [](const project::Project& p) { return p.cross_validation.folds > 0; }},
      {{.name = "evaluate",
        .help = "Checks the engine against the trainer, then answers every held-back example.",
        .version = 3,
        .after = {"split", "train"},
        .config = SourceAnd({"name", "task", "prepare", "predict"})},
       Evaluate},
      {{.name = "package",
        .help = "Seals network, preprocessing, metrics and lineage into a bundle.",
        .version = 3,
        .after = {"check", "split", "train", "evaluate"},
        .config = {"name", "task", "prepare", "predict", "seed"}},
       Package},
      {{.name = "gate",
        .help = "Compares the metrics with the project's conditions.",
        .after = {"evaluate", "package"},
        .config = {"name", "gate"},
        .registry = true},
       Gate},
      {{.name = "report",
        .help = "Writes one self-contained HTML page about the run.",
        .version = 3,
        .after = {"check", "split", "train", "cross_validate", "evaluate", "package", "gate"},
        .config = SourceAnd({"name"})},
       Report},
      {{.name = "promote",
        .help = "Registers the bundle; makes it the champion when it passed the gate.",
        .after = {"package", "gate"},
        .config = {"name", "gate"},
        .registry = true},
       Promote},
  };
  return steps;
}

/// Whether a subset of that share may have examples; cuts in time leave shares aside.
bool MayHold(const data::SplitConfig& split, double share) {
  return share > 0 || !split.time.empty();
}

/// What the step `evaluate` measures.
std::vector<std::string> MeasuredMetrics(const data::SplitConfig& split) {
  std::vector<std::string> names;
  for (const auto& [subset, share] : {std::pair{data::Subset::kTest, split.test},
                                      std::pair{data::Subset::kValidation, split.validation}}) {
    if (!MayHold(split, share)) continue;
    for (const evaluate::Metric& metric : evaluate::MetricsTable()) {
      names.push_back(fmt::format("{}.{}", data::Name(subset), metric.name));
    }
  }
  return names;
}

void CheckGate(const project::Project& project) {
  const std::vector<std::string> known = MeasuredMetrics(project.data.split);
  for (const auto& [metric, limit] : project.gate.metrics) {
    if (std::ranges::find(known, metric) != known.end()) continue;
    std::string hint = DidYouMean(metric, known);
    if (hint.empty()) hint = "metrics: " + JoinText(known, ", ");
    throw Error(Code::kBadValue, fmt::format("gate: no metric is called `{}`", metric),
                {.hint = hint});
  }
}

void CheckClassification(const project::Project& project) {
  transforms::Chain(project.prepare).OutputShape();
  CheckGate(project);
  const data::SplitConfig& split = project.data.split;
  if (!MayHold(split, split.validation)) {
    project::CheckWithoutValidation(project.train, Code::kBadValue);
  }
  if (project.predict.calibrate.value != "none" && !MayHold(split, split.validation)) {
    throw Error(Code::kBadValue,
                "`predict.calibrate` is set, but there are no validation examples to calibrate on",
                {.hint = "give `data.split.validation` a share"});
  }
}

struct Task {
  std::string_view name;
  const std::vector<Step>& (*steps)();
  void (*check)(const project::Project& project);
};

/// The tasks of project files.
constexpr Task kTasks[] = {{"image-classification", ImageClassification, CheckClassification}};

const Task& FindTask(const std::string& name) {
  const auto* row = std::ranges::find(kTasks, name, &Task::name);
  if (row != std::end(kTasks)) return *row;
  throw Error(Code::kUnsupported, fmt::format("there is no pipeline for the task `{}`", name));
}

}  // namespace

void CheckProject(const project::Project& project) {
  FindTask(project.task.value).check(project);
}

std::vector<pipeline::StepKind> KindsFor(const project::Project& project) {
  std::vector<pipeline::StepKind> kinds;
  std::vector<std::string> unwanted;
  for (const Step& step : FindTask(project.task.value).steps()) {
    if (step.wanted == nullptr || step.wanted(project)) {
      kinds.push_back(step.kind);
    } else {
      unwanted.push_back(step.kind.name);
    }
  }
  for (pipeline::StepKind& kind : kinds) {
    std::erase_if(kind.after, [&](const std::string& name) {
      return std::ranges::find(unwanted, name) != unwanted.end();
    });
  }
  return kinds;
}

void RunStep(const job::StepJob& job) {
  for (const Step& step : FindTask(job.task).steps()) {
    if (step.kind.name == job.step && step.run != nullptr) return step.run(job);
  }
  throw Error(Code::kNotFound, fmt::format("this program has no step `{}`", job.step));
}

}  // namespace keelrow::steps
