#include <fmt/format.h>
#include <sys/statvfs.h>

#include "base/parallel.h"
#include "base/process.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/commands.h"
#include "data/duckdb.h"
#include "pipeline/lock_file.h"

namespace keelrow::cli {
namespace {

struct Finding {
  std::string what;
  std::string found;
  bool ok = true;
};

/// A finding from a probe that throws when the thing is missing.
template <class F>
Finding Probe(const char* what, const F& probe) {
  try {
    return {.what = what, .found = probe()};
  } catch (const Error& error) {
    return {.what = what, .found = error.message(), .ok = false};
  }
}

std::string FreeSpace() {
  struct statvfs status {};
  if (::statvfs(".", &status) != 0) throw ErrnoError("look at", ".");
  return HumanBytes(static_cast<double>(status.f_bavail) * static_cast<double>(status.f_frsize)) +
         " free here";
}

std::vector<Finding> Examine() {
  return {
      {"keelrow", std::string(Version())},
      {"cores", std::to_string(AvailableCores())},
      {"processor", pipeline::CpuFeatures()},
      Probe("disk", FreeSpace),
      Probe("trainer", [] { return SiblingProgram("keelrow-trainer").string(); }),
      Probe("tables", [] { return "DuckDB " + *data::RunSql("SELECT version()", {}).rows[0][0]; }),
  };
}

}  // namespace

void DefineDoctor(CLI::App& command, Globals& globals, Outcome& outcome) {
  command.callback([&globals, &outcome] {
    std::vector<std::vector<std::string>> rows;
    Json json = Json::array();
    for (const Finding& finding : Examine()) {
      rows.push_back({finding.ok ? "ok" : "MISSING", finding.what, finding.found});
      json.push_back({{"what", finding.what}, {"found", finding.found}, {"ok", finding.ok}});
      if (!finding.ok) outcome.exit_code = Info(Code::kEnvironment).exit_code;
    }
    fmt::print("{}", globals.json() ? json.dump(1) + "\n" : RenderTable(rows));
  });
}

}  // namespace keelrow::cli
