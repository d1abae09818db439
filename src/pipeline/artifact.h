#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>

#include "base/json.h"
#include "pipeline/workspace.h"

namespace keelrow::pipeline {

/// What a step's key is made of, kept so that the next plan can say what changed.
struct KeyParts {
  int version = 0;
  Json config = Json::object();               // the declared keys with their values
  std::map<std::string, std::string> inputs;  // producing step → its key
  std::string outside;                        // hash of content outside the pipeline

  Json ToJson() const;
  static KeyParts FromJson(const Json& json);
  /// The step's key: SHA-256 of its name and all of the above in canonical form.
  std::string Key(const std::string& step) const;
};

/// The record of a finished output folder: its files' hashes prove it whole.
struct ArtifactRecord {
  std::string step;
  std::string key;
  KeyParts parts;
  std::map<std::string, std::string> files;     // path → SHA-256
  std::map<std::string, std::string> consumed;  // producing step → content hash of what was read
  double seconds = 0;

  /// One hash over all files: what a consumer of this artifact depended on.
  std::string ContentHash() const;
  Json ToJson() const;
  static ArtifactRecord FromJson(const Json& json, const std::string& name);
};

/// "train-9f3c0a…": names an artifact's folder.
std::string ArtifactId(const std::string& step, const std::string& key);

/// The cache of finished outputs. A folder without its record does not count: the record is
/// written last. Safe for several processes, which hold the artifact's lock while publishing.
class ArtifactCache {
 public:
  explicit ArtifactCache(const Workspace& workspace) : workspace_(workspace) {}

  struct Absent {};
  struct Damaged {
    std::string what;  // "report.html was changed"
  };
  using State = std::variant<Absent, Damaged, ArtifactRecord>;

  /// Looks at every file behind the record.
  State Look(const std::string& step, const std::string& key) const;
  /// Moves a finished work folder into the cache, durably; fills in `files`.
  void Publish(ArtifactRecord record) const;
  void Remove(const std::string& step, const std::string& key) const;

  /// Notes that these are a step's parts in the newest run, for the plan's "why".
  void Remember(const ArtifactRecord& record) const;
  std::optional<KeyParts> LastParts(const std::string& step) const;

 private:
  const Workspace& workspace_;
};

}  // namespace keelrow::pipeline
