#include <fmt/format.h>

#include <optional>

#include "base/files.h"
#include "base/parallel.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/run_session.h"
#include "data/feature_file.h"
#include "engine/feature_extractor.h"
#include "nets/onnx_writer.h"
#include "nets/pretrained.h"
#include "nets/zoo.h"
#include "project/job_source.h"

namespace keelrow::cli {
namespace {

struct FeatureArguments {
  std::string file = "features.parquet";
  bool trained = false;
};

/// The weights that the features are made with: those of the project's training, or those that it
/// starts from.
fs::path WeightsFile(const Globals& globals, const project::Project& project, bool trained) {
  if (trained) return RunSession(globals).Output("train", {}) / "weights.safetensors";
  if (project.model.pretrained) {
    return globals.OpenWorkspace().project_folder() / *project.model.pretrained;
  }
  throw Error(Code::kMissingKey, "`model.pretrained` names no weights to make features with",
              {.hint = "give a .pth or .safetensors file there, or ask for `--trained` weights"});
}

struct Network {
  std::string onnx;
  size_t width;  // numbers an example
};

/// The network up to its classifier; of how many classes that was does not matter.
Network FeatureNetwork(const project::Project& project, const fs::path& weights) {
  const nets::Graph whole = nets::BuildNetwork(
      project.model.network.value, {.input_shape = transforms::Chain(project.prepare).OutputShape(),
                                    .width = project.model.width});
  const nets::Adopted adopted =
      nets::AdoptWeights(whole, nets::ReadWeights(weights), weights.string());
  const nets::Graph body = nets::WithoutHead(whole);
  const nets::Graph::Shape& shape = body.values[static_cast<size_t>(body.outputs[0])].shape;
  return {.onnx = nets::WriteOnnx(body, adopted.weights), .width = static_cast<size_t>(shape[0])};
}

/// One example's features, or why there are none.
struct Extracted {
  std::vector<float> features;
  std::string failure;
};

class Extraction {
 public:
  Extraction(const Globals& globals, const FeatureArguments& arguments)
      : loaded_(globals.LoadProject()),
        source_(data::OpenSource(project::SourceOptionsFrom(
            loaded_.canonical, globals.OpenWorkspace().project_folder()))),
        network_(FeatureNetwork(loaded_.project,
                                WeightsFile(globals, loaded_.project, arguments.trained))),
        extractor_(loaded_.project.prepare, network_.onnx, {.streams = AvailableCores()}),
        file_(arguments.file, network_.width),
        progress_(globals.quiet) {}

  void Run() {
    constexpr size_t kBlock = 256;  // examples between two lines of progress
    const std::vector<data::Example> examples = source_->List();
    for (size_t begin = 0; begin < examples.size(); begin += kBlock) {
      const size_t count = std::min(kBlock, examples.size() - begin);
      Add({examples.data() + begin, count});
      progress_.Show(fmt::format("{} of {} examples", begin + count, examples.size()));
    }
    file_.Finish();
  }

  size_t width() const { return network_.width; }
  size_t written() const { return written_; }
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  void Add(std::span<const data::Example> examples) {
    std::vector<Extracted> outcomes(examples.size());
    ParallelFor(examples.size(), [&](size_t i) { outcomes[i] = Extract(examples[i]); });
    for (size_t i = 0; i < examples.size(); ++i) {
      if (outcomes[i].failure.empty()) {
        file_.Add(examples[i].id, examples[i].label, outcomes[i].features);
        ++written_;
      } else {
        failures_.push_back(outcomes[i].failure);
      }
    }
  }

  Extracted Extract(const data::Example& example) const {
    try {
      return {.features = extractor_.Features(source_->Read(example).Value()), .failure = {}};
    } catch (const Error& error) {
      if (error.code() != Code::kBadExample) throw;
      return {.features = {}, .failure = fmt::format("{}: {}", example.id, error.message())};
    }
  }

  const project::LoadedProject loaded_;
  const std::unique_ptr<data::Source> source_;
  const Network network_;
  const engine::FeatureExtractor extractor_;
  data::FeatureFile file_;
  Progress progress_;
  std::vector<std::string> failures_;
  size_t written_ = 0;
};

void Print(const Extraction& extraction, const std::string& file, const Globals& globals) {
  for (const std::string& failure : extraction.failures()) {
    fmt::print(stderr, "left out: {}\n", failure);
  }
  if (globals.json()) {
    fmt::print("{}\n", Json{{"file", file},
                            {"examples", extraction.written()},
                            {"features", extraction.width()},
                            {"left_out", extraction.failures().size()}}
                           .dump());
  } else if (!globals.quiet) {
    fmt::print("{}: {} examples of {} features\n", file, extraction.written(), extraction.width());
  }
}

}  // namespace

void DefineFeatures(CLI::App& command, Globals& globals, Outcome& outcome) {
  auto arguments = std::make_shared<FeatureArguments>();
  command.fallthrough();
  command.add_option("--to", arguments->file, "The Parquet file to write: id, label, features")
      ->capture_default_str();
  command.add_flag("--trained", arguments->trained,
                   "With the weights that the project's training made, not with "
                   "`model.pretrained`");
  command.callback([&globals, &outcome, arguments] {
    Extraction extraction(globals, *arguments);
    extraction.Run();
    Print(extraction, arguments->file, globals);
    if (!extraction.failures().empty()) outcome.exit_code = Info(Code::kBadExample).exit_code;
  });
}

}  // namespace keelrow::cli
