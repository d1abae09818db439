#include <algorithm>
#include <cstdio>
#include <span>
#include <string>

#include "base/error.h"
#include "base/stop.h"
#include "base/version.h"
#include "train/cross_validation.h"
#include "train/memory.h"
#include "train/run.h"

namespace keelrow {
namespace {

constexpr const char* kUsage =
    "keelrow-trainer: the part of Keelrow that trains; `keelrow run` starts it\n"
    "  keelrow-trainer step train JOB.json            train, or go on with a stopped training\n"
    "  keelrow-trainer step cross_validate JOB.json   the same for every fold\n"
    "  keelrow-trainer version\n";

struct Step {
  std::string_view name;
  void (*run)(const job::StepJob& job);
};

constexpr Step kSteps[] = {
    {"train", train::RunTrainStep},
    {"cross_validate", train::RunCrossValidationStep},
};

/// The pipeline starts every program as `PROGRAM step NAME JOB`.
int RunStep(const Step& step, const std::string& path) {
  InstallStopSignals();
  try {
    step.run(job::StepJob::Load(path));
    return 0;
  } catch (const std::exception& failure) {
    job::EmitFailure(AsError(failure));
    throw;
  }
}

int Main(std::span<char*> arguments) {
  const std::vector<std::string> words(arguments.begin() + 1, arguments.end());
  if (words == std::vector<std::string>{"version"}) {
    std::printf("keelrow-trainer %s\n", std::string(Version()).c_str());
    return 0;
  }
  if (words.size() == 3 && words[0] == "step") {
    const auto* step = std::ranges::find(kSteps, words[1], &Step::name);
    if (step != std::end(kSteps)) return RunStep(*step, words[2]);
  }
  std::fputs(kUsage, stderr);
  return Info(Code::kUsage).exit_code;
}

int Guarded(std::span<char*> arguments) {
  try {
    return Main(arguments);
  } catch (const std::exception& failure) {
    const Error error = AsError(failure);
    std::fputs((error.Render() + "\n").c_str(), stderr);
    return Info(error.code()).exit_code;
  }
}

}  // namespace
}  // namespace keelrow

int main(int count, char** arguments) {
  keelrow::train::KeepFreedMemory();
  return keelrow::Guarded({arguments, static_cast<size_t>(count)});
}
