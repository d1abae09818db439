#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "bundle/bundle.h"
#include "steps/gate.h"
#include "steps/steps.h"
#include "track/store.h"

namespace keelrow::steps {
namespace {

constexpr const char* kActor = "keelrow run";
constexpr std::chrono::minutes kPatience{10};  // with another run that copies the same bundle

bool IsSound(const fs::path& folder) {
  try {
    bundle::Bundle::Open(folder);
    return true;
  } catch (const Error&) {
    return false;  // absent, or damaged since: it is copied again
  }
}

/// Copies the bundle out of the cache, which may be cleared, to where the registry keeps models.
/// The folder's name is the bundle's hash, so a second copy of the same one is the first. Returns
/// its path in the project, which may be moved.
fs::path KeepBundle(const job::StepJob& job, const std::string& hash) {
  const fs::path place = fs::path(".keelrow") / "models" / job.Config("name") / hash.substr(0, 16);
  const fs::path kept = job.project_folder / place;
  MakeFolders(kept.parent_path());
  // Else another run could remove what we have just registered, taking it for unsound.
  const FileLock alone(kept.parent_path() / ".lock", kPatience);
  if (IsSound(kept)) return place;
  fs::remove_all(kept);
  const fs::path draft = job.output / "draft";  // the pipeline clears it when we are killed here
  CopyFolder(job.Input("package", "bundle"), draft);
  PublishFolder(draft, kept);
  return place;
}

std::string Describe(const GateRow& row) {
  if (row.value == kNotMeasured)
    return fmt::format("{} (no such metric was measured)", row.condition);
  return fmt::format("{} (measured {})", row.condition, row.value);
}

Error GateFailure(const std::string& model, int version, const Verdict& verdict) {
  std::vector<std::string> failed;
  for (const GateRow& row : verdict.rows) {
    if (!row.passed) failed.push_back(Describe(row));
  }
  return Error(Code::kGate,
               fmt::format("{} version {} did not pass the gate: {}", model, version,
                           JoinText(failed, ", ")),
               {.hint = "it is registered, but not promoted; see `keelrow models show`"});
}

/// Somebody must answer: the first version does so at once.
std::string AliasFor(const job::StepJob& job, const track::Store& store, const std::string& model) {
  if (!store.FindAlias(model, "champion")) return "champion";
  return job.Config("gate.alias");
}

}  // namespace

void Promote(const job::StepJob& job) {
  const std::string model = job.Config("name");
  const std::string hash = ReadJsonFile(job.Input("package", "bundle.json")).at("sha256");
  const Verdict verdict = JudgeNow(job);
  track::Store store(job.StoreFile());
  const track::ModelVersion version = store.Register(
      {.model = model,
       .run = job.run,
       .bundle_path = KeepBundle(job, hash).string(),
       .bundle_hash = hash,
       .metrics = ReadJsonFile(job.Input("package", "bundle") / bundle::kMetricsFile).at("metrics"),
       .gate = verdict.ToJson()},
      kActor);
  if (!verdict.passed) throw GateFailure(model, version.version, verdict);
  const std::string alias = AliasFor(job, store, model);
  store.Promote({.model = model,
                 .version = version.version,
                 .alias = alias,
                 .actor = kActor,
                 .reason = "passed the gate"});
  std::string text = fmt::format("{} version {} is @{}", model, version.version, alias);
  // The report shows the verdict that was current when it was made.
  const Json reported = ReadJsonFile(job.Input("gate", "verdict.json"));
  if (reported != verdict.ToJson()) {
    text += " (judged anew, for the one before it changed: `keelrow models show` has the verdict)";
  }
  WriteJsonFile(job.output / "promotion.json", {{"model", model},
                                                {"version", version.version},
                                                {"alias", alias},
                                                {"bundle_sha256", hash},
                                                {"text", text}});
  job::Emit({.text = text});
}

}  // namespace keelrow::steps
