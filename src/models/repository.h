#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/source.h"

namespace keelrow::models {

enum class Load {
  kAliases,  // every version that an alias names is loaded when it is seen
  kOnDemand  // nothing before it is asked for
};

struct RepositoryOptions {
  Load load = Load::kAliases;
  LaneOptions lane = {};
  std::filesystem::path compiled = {};  // folder of compiled networks; empty: none is kept
  std::map<std::string, LaneOptions> lanes = {};          // of models that have one of their own
  std::map<std::string, SequenceOptions> sequences = {};  // of models that take some
  uint64_t memory_max = 0;  // bytes of all models; the longest unused go first; 0: no bound
  std::chrono::milliseconds every{200};    // the sources are looked at
  std::chrono::milliseconds retry{5'000};  // after a failure, though nothing changed
  /// Told of every version that was loaded or could not be; on the repository's thread.
  std::function<void(const ServedModel&)> on_loaded = {};
  std::function<void(const std::string& model)> on_failure = {};
};

enum class State { kUnloaded, kReady, kFailed };

inline constexpr const char* kUnloaded = "unloaded";  // the reason of what was unloaded on purpose

/// One version as the table has it.
struct Version {
  Origin origin;
  State state = State::kUnloaded;
  std::string reason = {};                         // of a failure, or "unloaded"
  std::shared_ptr<const ServedModel> served = {};  // when ready
  bool held = false;  // loaded on purpose: stays though no alias names it
};

struct Model {
  std::vector<Version> versions;               // oldest first
  std::map<std::string, std::string> aliases;  // to versions
  std::string standard;   // the version that answers where none is named; or ""
  std::string candidate;  // of a rollout, loaded or about to be; or ""

  /// By version or alias; the standard one if empty. Null if there is none of that name.
  const Version* Find(std::string_view version_or_alias) const;
};
using ModelTable = std::map<std::string, Model, std::less<>>;

/// What is served: models of several sources (of equal names the first source's counts), each in
/// several versions. One thread of its own looks at the sources, loads and unloads; everybody else
/// reads the table that it published last. Methods from any thread.
///
/// A version that cannot be loaded leaves what answers in place: an alias moves only when the
/// version that it names is ready.
class Repository {
 public:
  Repository(std::vector<std::unique_ptr<Source>> sources, RepositoryOptions options,
             Executor& executor);
  ~Repository();  // Close
  Repository(const Repository&) = delete;

  /// Loads no more: who waits for that is told kInterrupted. What is loaded stays.
  void Close();

  std::shared_ptr<const ModelTable> Table() const;

  /// A ready version; null if it is not ready or not there.
  std::shared_ptr<const ServedModel> Find(std::string_view model,
                                          std::string_view version_or_alias = {}) const;
  /// The same, loading it if need be; blocks. Throws kNotFound; kOverloaded when it cannot be
  /// loaded (the log has the reason, which may name files), kTimeout when it was not loaded by
  /// `deadline`.
  std::shared_ptr<const ServedModel> FindOrLoad(const std::string& model,
                                                const std::string& version_or_alias,
                                                Clock::time_point deadline);

  /// Whether FindOrLoad would load that version: it is not loaded, and was not unloaded on purpose.
  bool Loadable(std::string_view model, std::string_view version_or_alias) const;

  /// Whether the first look has ended and every version that it should load is ready.
  bool Ready() const;

  /// These wait for the repository's thread, up to `deadline` (kTimeout), and throw what went
  /// wrong.
  void LoadVersion(const std::string& model, const std::string& version_or_alias,
                   Clock::time_point deadline);
  /// Looks at the sources now, not only when it is time.
  void Look(Clock::time_point deadline);
  /// Of all versions if `version` is empty. They stay away until they are loaded or promoted again.
  void Unload(const std::string& model, const std::string& version, Clock::time_point deadline);
  void SetDefault(const std::string& model, const std::string& version, const std::string& actor,
                  Clock::time_point deadline);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace keelrow::models
