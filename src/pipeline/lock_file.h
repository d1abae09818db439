#pragma once

#include <filesystem>

#include "pipeline/runner.h"

namespace keelrow::pipeline {

/// keelrow.lock, committed with a project: what its last full run was made of. With --locked a run
/// that would be made of something else is refused.
struct LockFile {
  std::string program;  // "keelrow 0.1.0"
  std::string cpu;      // features that change how numbers round
  int cores = 0;
  uint64_t seed = 0;
  std::map<std::string, std::string> keys;      // step → key: configuration, data and code
  std::map<std::string, std::string> contents;  // step → hash of its output
  std::map<std::string, std::string> outside;   // what the steps read from elsewhere → its hash

  static LockFile Of(const Plan& plan, const RunResult& result, uint64_t seed);
  static LockFile Load(const std::filesystem::path& path);
  void Save(const std::filesystem::path& path) const;

  /// Throws kLock, naming the steps whose keys differ and why.
  void Check(const Plan& plan) const;
  /// The first step whose output has other bytes than when the lock was made; empty: none. What no
  /// other step reads is for people, and may name the run; what depends on the registry changes.
  std::string FirstDifference(const Plan& plan, const RunResult& result) const;
  /// Whether processor and cores are those that the lock was made on; else numbers may round
  /// differently.
  bool OfThisMachine() const;
};

/// The vector instructions of this processor, "avx2 avx512f …".
std::string CpuFeatures();

}  // namespace keelrow::pipeline
