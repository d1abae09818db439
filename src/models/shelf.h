#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/repository.h"

namespace keelrow::models {

/// What a Repository does, without its thread: follows the sources, loads, unloads, evicts. Where
/// memory is short the candidate of a rollout goes last, and comes back by itself when there is
/// room for it beside the version that answers in its place: nobody's request would bring it. One
/// thread at a time.
class Shelf {
 public:
  Shelf(std::vector<std::unique_ptr<Source>> sources, const RepositoryOptions& options,
        Executor& executor);

  /// Looks at the sources, and loads what they want. True when the table may have changed.
  bool Look();
  const ModelTable& table() const { return table_; }
  bool looked() const { return looked_; }

  /// Throw kNotFound, and what stood in the way. With `hold` it stays though no alias names it.
  void Load(const std::string& model, const std::string& version_or_alias, bool hold);
  /// The same for somebody who only asks the model: what stood in the way is logged and counted,
  /// not said, and it is not tried again before `retry`; kOverloaded.
  void LoadOnDemand(const std::string& model, const std::string& version_or_alias);
  void Unload(const std::string& model, const std::string& version);
  void SetDefault(const std::string& model, const std::string& version, const std::string& actor);

 private:
  struct Shelved {
    std::unique_ptr<Source> source;
    Offers offers;
    std::string complaint;  // the last failure; each is logged once
    bool Ask();             // whether it has other offers now
  };

  const Shelved* Owner(const std::string& model) const;
  Model& Require(const std::string& model);
  Version& Require(Model& model, const std::string& name, const std::string& version_or_alias);
  void Merge();
  void Follow(const std::string& name, const Shelved& shelved);
  void PointAliases(Model& model, const Offer& offer, const std::string& standard);
  bool RecallCandidates();
  void TryLoadCandidate(Version& version, const Version* standard);
  bool HasRoom(const Version& candidate, const Version* standard) const;
  bool TryLoad(Version& version);
  void NoteFailure(Version& version, const std::string& reason);
  void Fill(Version& version);
  void Evict(const ServedModel* kept);
  static void Drop(Version& version, const std::string& reason);

  std::vector<Shelved> shelved_;
  RepositoryOptions options_;
  Executor& executor_;
  ModelTable table_;
  bool looked_ = false;
  Clock::time_point retry_at_ = Clock::time_point::max();
  Clock::time_point recall_at_ = Clock::time_point::max();  // of candidates that had to go
};

}  // namespace keelrow::models
