// Every input, key and version, changed one at a time: what the plan predicts is what then runs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "base/text.h"
#include "e2e/tiny_project.h"
#include "steps/table.h"

namespace keelrow::tests {
namespace {

/// Another value for a key, by its path. Keys of types whose mutation is obvious need no row.
const std::map<std::string, std::string>& SpecialMutations() {
  static const std::map<std::string, std::string> mutations = {
      {"version", ""},  // only 1 is known
      {"name", "tiny2"},
      {"task", ""},  // only one task so far
      {"data.source", "data2"},
      {"data.path_column", "file"},
      {"data.label_column", "class"},
      {"data.split.train", ""},  // shares change together, below
      {"data.split.validation", ""},
      {"data.split.test", ""},
      {"data.split.stratify", "[]"},
      {"data.split.group", ""},  // these five need a manifest's columns, below
      {"data.split.time", ""},
      {"data.split.gap", ""},
      {"data.split.cuts", ""},
      {"data.split.subset", ""},
      {"data.split.near_duplicates", "\"<=1\""},
      {"data.cleaning.impute", ""},  // needs a column, below
      {"data.quality.missing_rate", "\"<0.06\""},
      {"data.quality.class_entropy", "\">0.7\""},
      {"data.quality.unreadable", "\"<=0.1\""},
      {"data.quality.long_tail", "\"<20\""},
      {"data.quality.duplicates", "\"<0.9\""},
      {"data.quality.label_conflicts", "\"<0.9\""},
      {"data.quality.truncated", "\"<0.9\""},
      {"data.quality.near_duplicates", "\"<0.9\""},
      {"data.quality.constant", "\"<0.9\""},
      {"data.quality.blurred", "\"<0.9\""},
      {"data.quality.over_exposed", "\"<0.9\""},
      {"data.quality.under_exposed", "\"<0.9\""},
      {"data.quality.odd_size", "\"<0.9\""},
      {"data.quality.near_duplicate_correlation", "0.995"},
      {"data.quality.classes", "[class0, class1, class2]"},
      {"prepare", "[{decode: gray}, {resize: 10}, {normalize: {mean: [0.5], std: [0.5]}}]"},
      {"augment", "[]"},
      {"model.network", "resnet18"},
      {"model.pretrained", ""},  // needs a file, below
      {"model.dropout", "0.3"},
      {"train.optimizer.momentum", ""},  // these five belong to other choices, below
      {"train.schedule.step_epochs", ""},
      {"train.schedule.step_factor", ""},
      {"train.schedule.plateau_epochs", ""},
      {"train.schedule.plateau_factor", ""},
      {"train.schedule.warmup", "0.2"},
      {"cross_validation.folds", ""},  // adds a step, below
      {"predict.tta", "[flip]"},
      {"gate.alias", "challenger"},
      {"gate.not_worse_than", "\"@champion\""},
      {"serve.host", "127.0.0.2"},
      {"serve.models.folder", "models"},
      {"serve.models.settings", "{tiny: {threads: 2}}"},
      {"serve.models.chains", "{both: [{model: a}, {model: b}]}"},
      {"serve.management.listen", "127.0.0.1:8089"},
      {"serve.request_log.folder", "predictions"},
      {"serve.cache.models", "[tiny]"},
      {"serve.label_studio.url", "http://labels:8080"},
      {"serve.label_studio.token_file", ""},  // needs a url
      {"serve.label_studio.origins", "[\"http://minio:9000\"]"},
      {"serve.label_studio.hosts", "[images.example]"},
      {"serve.auth.issuers", "[{issuer: idp, jwks: keys.json, algorithms: [RS256]}]"},
      {"serve.tls.certificate", ""},  // it and its key make one, and serving is no step
      {"serve.tls.key", ""},
      {"serve.tls.client_ca", ""},
      {"serve.cors.origins", "[\"https://shop.example\"]"},
      {"serve.cors.methods", "[GET]"},
      {"serve.cors.headers", "[Authorization]"},
      {"serve.tracing.endpoint", "http://127.0.0.1:4318"},
      {"serve.rate_limit.shared.redis", "redis://127.0.0.1"},
      {"serve.rate_limit.shared.password_file", "password"},
      {"serve.hybrid.endpoints", "[{name: cloud, url: \"https://models.example.com\"}]"},
      {"serve.hybrid.rules", ""},  // needs an endpoint
      {"serve.hybrid.residency", "[{tenants: [bank], regions: []}]"},
      {"gateway.backends", "[\"http://127.0.0.1:8081\"]"},
      {"alerts.job", "shop"},
      {"alerts.scrape", "10s"},  // `window` must be four times as long
      {"alerts.notify.webhook", "http://127.0.0.1/"},
      {"alerts.notify.token_file", ""},  // needs a webhook
      {"rollout.key", "request"},
      {"rollout.header", ""},  // needs another key
      {"rollout.steps", "[{weight: 0.2}]"},
      {"rollout.slo.window", "10s"},
      {"envs", "{prod: {seed: 9}}"},
  };
  return mutations;
}

std::string Doubled(const Json& duration) {
  return Duration{ParseDuration(duration.get<std::string>()).Value().value * 2}.ToString();
}

/// YAML of another value that the key may have; empty when there is none.
std::string MutationOf(const config::Leaf& leaf, const Json& value) {
  const auto special = SpecialMutations().find(leaf.path);
  if (special != SpecialMutations().end()) return special->second;
  const config::Schema& schema = *leaf.schema;
  switch (schema.type) {
    case config::Schema::Type::kBoolean:
      return value.get<bool>() ? "false" : "true";
    case config::Schema::Type::kInteger:
      return std::to_string(value.get<int64_t>() + 1);
    case config::Schema::Type::kNumber: {
      const double middle = (schema.min.value_or(0) + schema.max.value_or(1)) / 2;
      const double scaled = value.get<double>() * 0.9;
      return fmt::format("{}", scaled != 0 ? scaled : std::min(middle, 0.5));
    }
    case config::Schema::Type::kDuration:
      return Doubled(value);
    case config::Schema::Type::kByteSize:
      return "1MB";
    case config::Schema::Type::kName:
      for (const config::Choice& choice : schema.choices) {
        if (choice.name != value) return choice.name;
      }
      return "";
    default:
      return "MISSING";
  }
}

Json ValueAt(const Json& canonical, const std::string& path) {
  const Json* found = &canonical;
  for (const std::string& part : SplitText(path, '.')) found = &found->at(part);
  return *found;
}

/// The steps that read the key, and all that follow from them: what must run.
std::vector<std::string> Affected(const std::string& path,
                                  const std::vector<pipeline::StepKind>& table) {
  std::set<std::string> dirty;
  std::vector<std::string> affected;
  for (const pipeline::StepKind& kind : table) {
    bool runs = false;
    for (const std::string& key : kind.config) {
      runs = runs || path == key || path.starts_with(key + ".");
    }
    for (const std::string& input : kind.after) runs = runs || dirty.contains(input);
    if (!runs) continue;
    dirty.insert(kind.name);
    affected.push_back(kind.name);
  }
  return affected;
}

std::vector<std::string> NamesFrom(const std::vector<pipeline::StepKind>& table,
                                   const std::string& first) {
  std::set<std::string> dirty = {first};
  std::vector<std::string> names;
  for (const pipeline::StepKind& kind : table) {
    for (const std::string& input : kind.after) {
      if (dirty.contains(input)) dirty.insert(kind.name);
    }
    if (dirty.contains(kind.name)) names.push_back(kind.name);
  }
  return names;
}

class PlanMutation : public testing::Test {
 protected:
  void SetUp() override {
    table_ = steps::KindsFor(tiny_.Load().project);
    fs::copy(tiny_.data(), tiny_.file().parent_path() / "data2", fs::copy_options::recursive);
    base_ = tiny_.Plan(tiny_.Load(), table_);
    tiny_.Run(base_);
    ASSERT_EQ(tiny_.Plan(tiny_.Load(), table_).CountToRun(), 0U) << "a second run has work to do";
  }

  /// Plans with the changed project, runs, and compares all three sets.
  void Expect(const std::string& what, const std::vector<std::string>& set,
              const std::vector<std::string>& expected) {
    const pipeline::Plan plan = tiny_.Plan(tiny_.Load(set), table_);
    EXPECT_EQ(Predicted(plan), expected) << what << "\n" << pipeline::RenderPlan(plan);
    EXPECT_EQ(tiny_.Run(plan), Predicted(plan)) << what;
    ++compared_;
  }

  TinyProject tiny_;
  std::vector<pipeline::StepKind> table_;
  pipeline::Plan base_;
  int compared_ = 0;
};

TEST_F(PlanMutation, EveryKeyOfTheProjectFile) {
  const Json canonical = tiny_.Load().canonical;
  const auto schema = config::SchemaOf<project::Project>();
  for (const config::Leaf& leaf : config::Leaves(*schema)) {
    const std::string value = MutationOf(leaf, ValueAt(canonical, leaf.path));
    ASSERT_NE(value, "MISSING") << "add a mutation for the key " << leaf.path;
    if (value.empty()) continue;
    Expect(leaf.path, {leaf.path + "=" + value}, Affected(leaf.path, table_));
  }
  Expect("shares of the split",
         {"data.split.train=0.5", "data.split.validation=0.25", "data.split.test=0.25"},
         Affected("data.split.train", table_));
  Expect("a gate's metric", {"gate={test.accuracy: \">=0\"}"}, Affected("gate", table_));
  RecordProperty("compared", compared_);
  fmt::print("{} keys compared\n", compared_);
}

TEST_F(PlanMutation, OptionsOfOtherChoices) {
  const auto affected = Affected("train", table_);
  const std::string sgd = "train.optimizer.name=sgd";
  Expect("sgd", {sgd}, affected);
  Expect("momentum", {sgd, "train.optimizer.momentum=0.8"}, affected);
  const std::string stairs = "train.schedule.name=step";
  Expect("step", {stairs}, affected);
  Expect("step_epochs", {stairs, "train.schedule.step_epochs=2"}, affected);
  Expect("step_factor", {stairs, "train.schedule.step_factor=0.5"}, affected);
  const std::string plateau = "train.schedule.name=plateau";
  Expect("plateau", {plateau}, affected);
  Expect("plateau_epochs", {plateau, "train.schedule.plateau_epochs=2"}, affected);
  Expect("plateau_factor", {plateau, "train.schedule.plateau_factor=0.5"}, affected);
}

/// The same pictures as a manifest with a camera and a date for each.
void WriteManifest(const fs::path& project_folder) {
  std::string text = "path,label,camera,date,part\n";
  for (int label = 0; label < 3; ++label) {
    for (int i = 0; i < 20; ++i) {
      text += fmt::format("data/class{0}/{1:02}.png,class{0},camera{2},2026-01-{3:02},{4}\n", label,
                          i, i, i + 1,
                          i < 12   ? "train"
                          : i < 16 ? "val"
                                   : "test");
    }
  }
  WriteFileDurably(project_folder / "manifest.csv", text);
}

TEST_F(PlanMutation, KeysThatNeedColumns) {
  WriteManifest(tiny_.file().parent_path());
  const std::vector<std::string> from_split = NamesFrom(table_, "split");
  const std::string source = "data.source=manifest.csv";
  const std::string time = "data.split.time=date";
  Expect("a manifest", {source}, NamesFrom(table_, "scan"));
  Expect("data.split.group", {source, "data.split.group=camera"}, NamesFrom(table_, "check"));
  Expect("data.split.time", {source, time}, NamesFrom(table_, "check"));
  Expect("data.cleaning.impute", {source, "data.cleaning.impute=[{column: part}]"},
         NamesFrom(table_, "check"));
  Expect("data.split.subset", {source, "data.split.subset=part"}, NamesFrom(table_, "check"));
  Expect("data.split.gap", {source, time, "data.split.gap=1d"}, from_split);
  Expect("data.split.cuts", {source, time, "data.split.cuts=[2026-01-10, 2026-01-15]"}, from_split);
}

TEST_F(PlanMutation, AStepThatIsAskedFor) {
  const std::string two = "cross_validation.folds=2";
  table_ = steps::KindsFor(tiny_.Load({two}).project);
  const std::vector<std::string> affected = {"cross_validate", "report"};
  EXPECT_EQ(Affected("cross_validation", table_), affected);
  Expect("cross_validation.folds", {two}, affected);
  Expect("another number of them", {"cross_validation.folds=3"}, affected);
}

TEST_F(PlanMutation, PretrainedWeights) {
  const std::vector<std::string> affected = NamesFrom(table_, "train");
  const fs::path weights = tiny_.file().parent_path() / "weights.safetensors";
  const std::string set = "model.pretrained=weights.safetensors";
  CopyFile(tiny_.Output(base_, "train") / "weights.safetensors", weights);
  Expect("model.pretrained", {set}, affected);
  const fs::path trained_on = tiny_.Output(tiny_.Plan(tiny_.Load({set}), table_), "train");
  CopyFile(trained_on / "weights.safetensors", weights);
  Expect("changed weights", {set}, affected);
}

TEST_F(PlanMutation, EveryStepsVersion) {
  for (size_t i = 0; i < table_.size(); ++i) {
    ++table_[i].version;
    Expect("version of " + table_[i].name, {}, NamesFrom(table_, table_[i].name));
    --table_[i].version;
  }
}

TEST_F(PlanMutation, EveryKindOfChangeOfTheData) {
  const std::vector<std::string> all = NamesFrom(table_, "scan");
  const fs::path one = tiny_.data() / "class0" / "00.png";
  WriteFileDurably(one, TinyPicture(0, 100));
  Expect("changed bytes", {}, all);
  fs::rename(one, tiny_.data() / "class0" / "renamed.png");
  Expect("renamed file", {}, all);
  WriteFileDurably(tiny_.data() / "class1" / "new.png", TinyPicture(1, 101));
  Expect("added file", {}, all);
  fs::remove(tiny_.data() / "class2" / "03.png");
  Expect("removed file", {}, all);
  fs::rename(tiny_.data() / "class2" / "04.png", tiny_.data() / "class1" / "04b.png");
  Expect("moved to another class", {}, all);
}

TEST_F(PlanMutation, EveryArtifactChangedOrDeleted) {
  for (const pipeline::StepKind& kind : table_) {
    const fs::path folder = tiny_.Output(base_, kind.name);
    const fs::path file = *[&] {
      for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) return std::optional<fs::path>(entry.path());
      }
      return std::optional<fs::path>();
    }();
    WriteFileDurably(file, ReadFile(file) + " ");
    Expect("changed output of " + kind.name, {}, {kind.name});
    fs::remove_all(folder);
    Expect("deleted output of " + kind.name, {}, {kind.name});
  }
}

}  // namespace
}  // namespace keelrow::tests
