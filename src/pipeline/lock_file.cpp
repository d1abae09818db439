#include "pipeline/lock_file.h"

#include <fmt/format.h>

#include <set>

#include "base/files.h"
#include "base/parallel.h"
#include "base/text.h"
#include "base/version.h"

namespace keelrow::pipeline {

std::string CpuFeatures() {
  std::vector<std::string> found;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) found.emplace_back("avx2");
  if (__builtin_cpu_supports("fma")) found.emplace_back("fma");
  if (__builtin_cpu_supports("avx512f")) found.emplace_back("avx512f");
  if (__builtin_cpu_supports("avx512vnni")) found.emplace_back("avx512vnni");
#endif
  return JoinText(found, " ");
}

LockFile LockFile::Of(const Plan& plan, const RunResult& result, uint64_t seed) {
  LockFile lock{.program = fmt::format("keelrow {}", Version()),
                .cpu = CpuFeatures(),
                .cores = AvailableCores(),
                .seed = seed};
  for (const PlannedStep& step : plan.steps) {
    lock.keys[step.kind->name] = step.key;
    if (!step.parts.outside.empty()) lock.outside[step.kind->outside.what] = step.parts.outside;
  }
  for (const auto& [step, record] : result.artifacts) lock.contents[step] = record.ContentHash();
  return lock;
}

LockFile LockFile::Load(const fs::path& path) {
  if (!fs::exists(path)) {
    throw Error(Code::kNotFound, fmt::format("there is no {}", path.string()),
                {.hint = "`keelrow run` without --locked writes it"});
  }
  const Json json = ReadJsonFile(path);
  try {
    return {.program = json.at("program"),
            .cpu = json.at("cpu"),
            .cores = json.at("cores"),
            .seed = json.at("seed"),
            .keys = json.at("keys"),
            .contents = json.at("contents"),
            .outside = json.at("outside")};
  } catch (const Json::exception& failure) {
    throw Error(Code::kCorrupt, fmt::format("{}: {}", path.string(), failure.what()),
                {.hint = "run without --locked to write it anew"});
  }
}

void LockFile::Save(const fs::path& path) const {
  WriteJsonFile(path, {{"program", program},
                       {"cpu", cpu},
                       {"cores", cores},
                       {"seed", seed},
                       {"outside", outside},
                       {"keys", keys},
                       {"contents", contents}});
}

void LockFile::Check(const Plan& plan) const {
  std::vector<std::string> differing;
  for (const PlannedStep& step : plan.steps) {
    const auto locked = keys.find(step.kind->name);
    if (locked != keys.end() && locked->second == step.key) continue;
    const std::string why = step.reasons.empty() ? "another key" : step.reasons[0];
    differing.push_back(fmt::format("{} ({})", step.kind->name, why));
  }
  if (differing.empty()) return;
  throw Error(Code::kLock,
              fmt::format("keelrow.lock was made of something else: {}", JoinText(differing, ", ")),
              {.hint = "run without --locked to renew it"});
}

std::string LockFile::FirstDifference(const Plan& plan, const RunResult& result) const {
  std::set<std::string> read;
  for (const PlannedStep& step : plan.steps) {
    read.insert(step.kind->after.begin(), step.kind->after.end());
  }
  for (const PlannedStep& step : plan.steps) {
    if (!read.contains(step.kind->name) || step.kind->registry) continue;
    const auto locked = contents.find(step.kind->name);
    const auto made = result.artifacts.find(step.kind->name);
    if (locked == contents.end() || made == result.artifacts.end()) continue;
    if (locked->second != made->second.ContentHash()) return step.kind->name;
  }
  return "";
}

bool LockFile::OfThisMachine() const {
  return cpu == CpuFeatures() && cores == AvailableCores();
}

}  // namespace keelrow::pipeline
