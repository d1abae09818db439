// A project file is read or refused with an Error, whichever of its environments is asked for. Its
// canonical form is JSON, and read again it gives the same canonical form.
#include "project/project.h"
#include "require.h"

namespace keelrow::fuzz {
namespace {

std::optional<project::LoadedProject> Parse(std::string_view text, const std::string& env = {}) {
  try {
    return project::Parse(text, "keelrow.yaml", {.env = env});
  } catch (const Error&) {
    return std::nullopt;
  }
}

void Check(std::string_view text) {
  const auto loaded = Parse(text);
  if (!loaded) return;
  const Json& canonical = loaded->canonical;
  Require(Json::parse(CanonicalJson(canonical)) == canonical, "the canonical form is JSON");
  const auto again = config::ReadJson<project::Project>(canonical, "the canonical form");
  Require(config::Write(again) == canonical, "the canonical form reads as itself");
  if (!loaded->project.envs.empty()) Parse(text, loaded->project.envs.begin()->first);
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  keelrow::fuzz::Check(keelrow::fuzz::Text(data, size));
  return 0;
}
