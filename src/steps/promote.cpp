#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "steps/gate.h"
#include "steps/steps.h"
#include "track/store.h"

namespace keelrow::steps {
namespace {

constexpr const char* kActor = "keelrow run";

/// Copies the bundle out of the cache, which may be cleared, to where the registry keeps models.
/// The folder's name is the bundle's hash, so a second copy of the same one is the first.
fs::path KeepBundle(const project::StepJob& job, const std::string& hash) {
  const fs::path models = job.project_folder / ".keelrow" / "models" / job.Config("name");
  MakeFolders(models);
  const fs::path kept = models / hash.substr(0, 16);
  if (fs::exists(kept)) return kept;
  const fs::path draft = job.output / "draft";  // the pipeline clears it when we are killed here
  fs::copy(job.Input("package", "bundle"), draft, fs::copy_options::recursive);
  try {
    PublishFolder(draft, kept);
  } catch (const Error& error) {
    if (error.code() != Code::kConflict) throw;
    fs::remove_all(draft);  // another run has just kept the same one
  }
  return kept;
}

Error GateFailure(const std::string& model, int version, const Verdict& verdict) {
  std::vector<std::string> failed;
  for (const GateRow& row : verdict.rows) {
    if (!row.passed) failed.push_back(fmt::format("{} (measured {})", row.condition, row.value));
  }
  return Error(Code::kGate,
               fmt::format("{} version {} did not pass the gate: {}", model, version,
                           JoinText(failed, ", ")),
               {.hint = "it is registered, but not promoted; see `keelrow models show`"});
}

}  // namespace

void Promote(const project::StepJob& job) {
  const std::string model = job.Config("name");
  const std::string hash = ReadJsonFile(job.Input("package", "bundle.json")).at("sha256");
  const Json verdict_json = ReadJsonFile(job.Input("gate", "verdict.json"));
  const Verdict verdict = Verdict::FromJson(verdict_json);
  track::Store store(job.project_folder / ".keelrow" / "store.db");
  const track::ModelVersion version = store.Register(
      {.model = model,
       .run = job.run,
       .bundle_path = KeepBundle(job, hash).string(),
       .bundle_hash = hash,
       .metrics = ReadJsonFile(job.Input("package", "bundle/metrics.json")).at("metrics"),
       .gate = verdict_json},
      kActor);
  if (!verdict.passed) throw GateFailure(model, version.version, verdict);
  store.Promote({.model = model,
                 .version = version.version,
                 .alias = "champion",
                 .actor = kActor,
                 .reason = "passed the gate"});
  const std::string text = fmt::format("{} version {} is @champion", model, version.version);
  WriteJsonFile(
      job.output / "promotion.json",
      {{"model", model}, {"version", version.version}, {"bundle_sha256", hash}, {"text", text}});
  project::Emit({.text = text});
}

}  // namespace keelrow::steps
