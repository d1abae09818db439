#include "pipeline/artifact.h"

#include <fmt/format.h>

#include "base/files.h"
#include "base/hash.h"

namespace keelrow::pipeline {
namespace {

std::map<std::string, std::string> FilesBelow(const fs::path& folder, DigestCache& digests) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    files[fs::relative(entry.path(), folder).string()] = digests.Digest(entry.path());
  }
  return files;
}

std::string FirstDifference(const std::map<std::string, std::string>& recorded,
                            const std::map<std::string, std::string>& found) {
  for (const auto& [path, digest] : recorded) {
    const auto present = found.find(path);
    if (present == found.end()) return path + " was deleted";
    if (present->second != digest) return path + " was changed";
  }
  for (const auto& [path, digest] : found) {
    if (!recorded.contains(path)) return path + " was added";
  }
  return "";
}

}  // namespace

Json KeyParts::ToJson() const {
  return {{"version", version}, {"config", config}, {"inputs", inputs}, {"outside", outside}};
}

KeyParts KeyParts::FromJson(const Json& json) {
  return {.version = json.at("version"),
          .config = json.at("config"),
          .inputs = json.at("inputs"),
          .outside = json.at("outside")};
}

std::string KeyParts::Key(const std::string& step) const {
  return Sha256Hex(CanonicalJson({{"step", step}, {"parts", ToJson()}}));
}

std::string ArtifactRecord::ContentHash() const {
  return Sha256Hex(CanonicalJson(Json(files)));
}

Json ArtifactRecord::ToJson() const {
  return {{"step", step},   {"key", key},           {"parts", parts.ToJson()},
          {"files", files}, {"consumed", consumed}, {"seconds", seconds}};
}

ArtifactRecord ArtifactRecord::FromJson(const Json& json, const std::string& name) {
  try {
    return {.step = json.at("step"),
            .key = json.at("key"),
            .parts = KeyParts::FromJson(json.at("parts")),
            .files = json.at("files"),
            .consumed = json.at("consumed"),
            .seconds = json.at("seconds")};
  } catch (const Json::exception& failure) {
    throw Error(Code::kCorrupt, fmt::format("{}: {}", name, failure.what()));
  }
}

std::string ArtifactId(const std::string& step, const std::string& key) {
  return fmt::format("{}-{}", step, key.substr(0, 16));
}

ArtifactCache::State ArtifactCache::Look(const std::string& step, const std::string& key) const {
  const std::string id = ArtifactId(step, key);
  if (!fs::exists(workspace_.CacheRecord(id))) return Absent{};
  try {
    const fs::path path = workspace_.CacheRecord(id);
    const ArtifactRecord record = ArtifactRecord::FromJson(ReadJsonFile(path), path.string());
    if (record.key != key) return Damaged{"its record belongs to another key"};
    if (!fs::is_directory(workspace_.Cache(id))) return Damaged{"its folder was deleted"};
    const std::string difference =
        FirstDifference(record.files, FilesBelow(workspace_.Cache(id), workspace_.digests()));
    if (!difference.empty()) return Damaged{difference};
    return record;
  } catch (const Error& error) {
    return Damaged{error.message()};
  } catch (const fs::filesystem_error& failure) {  // it went away while we looked
    return Damaged{failure.what()};
  }
}

void ArtifactCache::Publish(ArtifactRecord record) const {
  const std::string id = ArtifactId(record.step, record.key);
  Remove(record.step, record.key);
  record.files = FilesBelow(workspace_.Work(id), workspace_.digests());
  PublishFolder(workspace_.Work(id), workspace_.Cache(id));
  WriteJsonFile(workspace_.CacheRecord(id), record.ToJson());
}

void ArtifactCache::Remove(const std::string& step, const std::string& key) const {
  const std::string id = ArtifactId(step, key);
  std::error_code failure;
  fs::remove(workspace_.CacheRecord(id), failure);
  fs::remove_all(workspace_.Cache(id), failure);
  if (failure)
    throw Error(Code::kPermission, fmt::format("cannot remove {}: {}", id, failure.message()));
}

void ArtifactCache::Remember(const ArtifactRecord& record) const {
  const std::optional<KeyParts> last = LastParts(record.step);
  if (last && last->ToJson() == record.parts.ToJson()) return;
  WriteJsonFile(workspace_.LastParts(record.step), record.parts.ToJson());
}

std::optional<KeyParts> ArtifactCache::LastParts(const std::string& step) const {
  const fs::path path = workspace_.LastParts(step);
  if (!fs::exists(path)) return std::nullopt;
  try {
    return KeyParts::FromJson(ReadJsonFile(path));
  } catch (const std::exception&) {
    return std::nullopt;  // only the explanation is lost
  }
}

}  // namespace keelrow::pipeline
