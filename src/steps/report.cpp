#include "report/report.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/files.h"
#include "base/hash.h"
#include "base/version.h"
#include "bundle/bundle.h"
#include "data/catalog.h"
#include "data/image_decode.h"
#include "data/image_encode.h"
#include "pipeline/lock_file.h"
#include "project/job_source.h"
#include "steps/data_summary.h"
#include "steps/gate.h"
#include "steps/steps.h"
#include "steps/thumbnail.h"

namespace keelrow::steps {
namespace {

using report::ReportInput;

constexpr int kThumbnail = 256;  // twice what a card shows, for dense screens

/// What was done to the data before training.
std::vector<report::Fact> Cleaning(const Json& quality, const data::Catalog& catalog) {
  std::vector<report::Fact> facts = Imputations(quality);
  const size_t once = catalog.In(data::Subset::kTrain).size();
  const size_t learned = catalog.ForTraining().size();
  if (learned != once) {
    facts.push_back(
        {"oversampled", fmt::format("{} training examples an epoch instead of {}", learned, once)});
  }
  return facts;
}

report::DatasetSummary SummarizeData(const job::StepJob& job, const data::Catalog& catalog) {
  report::DatasetSummary summary{.classes = catalog.Labels(),
                                 .set_hash = data::SetHash(catalog.examples)};
  for (const data::Subset subset : data::kSubsets) {
    std::map<std::string, int64_t> counts = data::ClassCounts(catalog.In(subset));
    report::SubsetCounts row{.name = std::string(data::Name(subset))};
    for (const std::string& label : summary.classes) {
      row.per_class.push_back(static_cast<uint64_t>(counts[label]));
    }
    summary.subsets.push_back(std::move(row));
  }
  const Json quality = ReadJsonFile(job.Input("check", "quality.json"));
  summary.quality = QualityChecks(quality);
  summary.quarantined = SetAside(quality);
  summary.cleaning = Cleaning(quality, catalog);
  return summary;
}

std::optional<double> Optional(const Json& json, const char* key) {
  return json.contains(key) && json[key].is_number() ? std::optional<double>(json[key])
                                                     : std::nullopt;
}

std::vector<report::Epoch> ReadHistory(const job::StepJob& job) {
  std::vector<report::Epoch> epochs;
  for (const Json& row : ReadJsonFile(job.Input("train", "history.json"))) {
    epochs.push_back({.number = row.at("epoch"),
                      .train_loss = row.at("train.loss"),
                      .validation_loss = Optional(row, "validation.loss"),
                      .validation_accuracy = Optional(row, "validation.accuracy"),
                      .learning_rate = row.at("lr")});
  }
  return epochs;
}

/// The examples that the page shows.
std::set<std::string> ShownExamples(const ReportInput& input) {
  std::set<std::string> ids;
  for (const evaluate::Mistake& mistake : input.test.worst) ids.insert(mistake.id);
  for (const evaluate::ConfusedPair& pair : input.test.confused) {
    for (const evaluate::Mistake& mistake : pair.surest) ids.insert(mistake.id);
  }
  const size_t suspects = std::min(input.suspect_labels.size(), report::kSuspectLabelsShown);
  for (size_t i = 0; i < suspects; ++i) ids.insert(input.suspect_labels[i].id);
  return ids;
}

/// Their pictures, as PNG whatever they were.
std::map<std::string, std::string> ReadPictures(const job::StepJob& job,
                                                const data::Catalog& catalog,
                                                const std::set<std::string>& ids) {
  const std::unique_ptr<data::Source> source = project::OpenJobSource(job);
  std::map<std::string, std::string> pictures;
  for (const data::Example& example : catalog.examples) {
    if (!ids.contains(example.id)) continue;
    data::Image image = data::DecodeImage(source->Read(example).Value()).Value();
    pictures[example.id] = data::EncodePng(Thumbnail(std::move(image), kThumbnail));
  }
  return pictures;
}

void AddCrossValidation(const job::StepJob& job, ReportInput& input) {
  if (!job.inputs.contains("cross_validate")) return;
  const fs::path folds = job.Input("cross_validate", "cross_validation.json");
  input.cross_validation = evaluate::CrossValidationFromJson(ReadJsonFile(folds), folds.string());
  const fs::path labels = job.Input("cross_validate", "label_errors.json");
  input.suspect_labels = evaluate::SuspectLabelsFromJson(ReadJsonFile(labels), labels.string());
}

report::Lineage DescribeOrigin(const job::StepJob& job, const Json& training) {
  const bundle::Bundle opened = bundle::Bundle::Open(job.Input("package", "bundle"));
  const Json& lineage = opened.manifest().lineage;
  report::Lineage origin{.data_hash = lineage.at("data_sha256"),
                         .config_hash = Sha256Hex(CanonicalJson(job.config)),
                         .bundle_sha256 = opened.hash(),
                         .program_version = std::string(Version()),
                         .seed = lineage.at("seed"),
                         .threads = training.at("threads"),
                         .cpu = pipeline::CpuFeatures()};
  for (const auto& [step, folder] : job.inputs) {
    origin.step_keys.push_back({.name = step, .value = folder.filename().string()});
  }
  return origin;
}

report::ModelFacts DescribeModel(const job::StepJob& job, const Json& training) {
  return {.network = training.at("network"),
          .parameters = training.at("parameters"),
          .bytes = fs::file_size(job.Input("train", bundle::kNetworkFile)),
          .export_difference =
              ReadJsonFile(job.Input("evaluate", "export_check.json")).at("max_difference")};
}

evaluate::Evaluation ReadEvaluation(const fs::path& path) {
  return evaluate::EvaluationFromJson(ReadJsonFile(path), path.string());
}

}  // namespace

void Report(const job::StepJob& job) {
  const data::Catalog catalog = data::ReadCatalog(job.Input("split", kExamplesFile));
  const Json training = ReadJsonFile(job.Input("train", "training.json"));
  ReportInput input{.project = job.Config("name"),
                    .run_id = job.run,
                    .time = fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr))),
                    .data = SummarizeData(job, catalog),
                    .history = ReadHistory(job),
                    .test = ReadEvaluation(job.Input("evaluate", "test.json")),
                    .model = DescribeModel(job, training),
                    .lineage = DescribeOrigin(job, training),
                    .reproduce = {"keelrow run --locked", "keelrow plan"}};
  const fs::path validation = job.Input("evaluate", "validation.json");
  if (fs::exists(validation)) input.validation = ReadEvaluation(validation);
  const fs::path uncalibrated = job.Input("evaluate", "test.uncalibrated.json");
  if (fs::exists(uncalibrated)) {
    const Json options = ReadJsonFile(job.Input("evaluate", "postprocess.json"));
    input.calibration = {.temperature = options.at("temperature"),
                         .before = ReadEvaluation(uncalibrated)};
  }
  input.best_epoch = training.at("exported_epoch").get<int>();
  AddCrossValidation(job, input);
  input.pictures = ReadPictures(job, catalog, ShownExamples(input));
  for (const GateRow& row :
       Verdict::FromJson(ReadJsonFile(job.Input("gate", "verdict.json"))).rows) {
    input.gate.push_back({.condition = row.condition, .value = row.value, .passed = row.passed});
  }
  WriteFileDurably(job.output / "report.html", report::RenderHtml(input));
  job::Emit({.text = "report.html"});
}

}  // namespace keelrow::steps
