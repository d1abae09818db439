#include <cstdio>
#include <span>
#include <string>

#include "base/error.h"
#include "base/stop.h"
#include "base/version.h"
#include "train/run.h"

namespace keelrow {
namespace {

constexpr const char* kUsage =
    "keelrow-trainer: the part of Keelrow that trains; `keelrow run` starts it\n"
    "  keelrow-trainer step train JOB.json   train, or go on with a stopped training\n"
    "  keelrow-trainer version\n";

/// The pipeline starts every program as `PROGRAM step NAME JOB`.
int RunStep(const std::string& path) {
  InstallStopSignals();
  try {
    train::RunTrainStep(job::StepJob::Load(path));
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
  if (words.size() == 3 && words[0] == "step" && words[1] == "train") return RunStep(words[2]);
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
  return keelrow::Guarded({arguments, static_cast<size_t>(count)});
}
