// Commands about Keelrow itself: version, help-error, docs, step.
#include <fmt/format.h>

#include "base/version.h"
#include "cli/commands.h"
#include "config/schema.h"
#include "job/step_job.h"
#include "steps/table.h"

namespace keelrow::cli {
namespace {

void ExplainError(const std::string& number) {
  const CodeInfo* info = FindCode(number);
  if (info == nullptr) {
    throw Error(Code::kNotFound, fmt::format("there is no error code {}", number),
                {.hint = "codes look like K0102"});
  }
  fmt::print("{} {}\n\n{}\n\nexit code {}, HTTP status {}{}\n", info->number, info->name,
             info->help, info->exit_code, info->http_status,
             info->retryable ? ", a retry can help" : "");
}

void PrintDocs(const std::string& what) {
  const std::shared_ptr<const config::Schema> schema = config::SchemaOf<project::Project>();
  if (what == "schema") {
    fmt::print("{}\n", config::ToJsonSchema(*schema, "Keelrow project").dump(2));
    return;
  }
  fmt::print(
      "# The project file\n\n<!-- Made by `keelrow docs project-file`; do not edit. -->\n\n{}",
      config::ToMarkdown(*schema));
}

/// A failure goes to the pipeline with its code; anything else ends as an internal error there.
void RunStepProcess(const std::string& name, const std::string& path) {
  try {
    const job::StepJob job = job::StepJob::Load(path);
    if (job.step != name) {
      throw Error(Code::kUsage, fmt::format("{} is a job of step `{}`", path, job.step));
    }
    steps::RunStep(job);
  } catch (const std::exception& failure) {
    job::EmitFailure(AsError(failure));
    throw;
  }
}

}  // namespace

void DefineVersion(CLI::App& command, Globals&, Outcome&) {
  command.callback([] { fmt::print("keelrow {}\n", Version()); });
}

void DefineHelpError(CLI::App& command, Globals&, Outcome&) {
  auto number = std::make_shared<std::string>();
  command.add_option("code", *number, "The code, such as K0102")->required();
  command.callback([number] { ExplainError(*number); });
}

void DefineDocs(CLI::App& command, Globals&, Outcome&) {
  auto what = std::make_shared<std::string>();
  command.add_option("what", *what, "project-file or schema")
      ->required()
      ->check(CLI::IsMember({"project-file", "schema"}));
  command.callback([what] { PrintDocs(*what); });
}

void DefineStep(CLI::App& command, Globals&, Outcome&) {
  auto name = std::make_shared<std::string>();
  auto job = std::make_shared<std::string>();
  command.add_option("name", *name, "The step")->required();
  command.add_option("job", *job, "Its job file")->required();
  command.callback([name, job] { RunStepProcess(*name, *job); });
}

}  // namespace keelrow::cli
