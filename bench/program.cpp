#include "program.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/stop.h"
#include "base/text.h"

namespace keelrow::bench {

Json Ran::Answer() const {
  if (const auto whole = ParseJson(output, "output")) return *whole;
  const std::string text = output.substr(0, output.find_last_not_of('\n') + 1);
  return ParseJson(text.substr(text.rfind('\n') + 1), "the last line of the output").Value();
}

Ran Run(const std::vector<std::string>& arguments, const std::filesystem::path& log) {
  using Clock = std::chrono::steady_clock;
  Ran ran;
  const Clock::time_point start = Clock::now();
  Process process({.arguments = arguments, .log = log});
  const ExitStatus status =
      process.Wait([&](const std::string& line) { ran.output += line + "\n"; });
  ran.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  ThrowIfStopped();
  if (status.ok()) return ran;
  throw Error(Code::kStepFailed, fmt::format("`{}` failed", JoinText(arguments, " ")),
              {.hint = "read " + log.string()});
}

}  // namespace keelrow::bench
