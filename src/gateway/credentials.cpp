#include "gateway/credentials.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/files.h"
#include "base/json.h"
#include "base/log.h"
#include "gateway/claims.h"

namespace keelrow::gateway {
namespace {

constexpr size_t kCredentialsMax = 100'000;
constexpr uint64_t kBytesMax = uint64_t{64} << 20;
constexpr int kFormat = 1;
constexpr std::chrono::seconds kPatience{10};
constexpr int64_t kKeptSeconds = 86'400;  // after its end, so that a clock that steps harms nothing

/// With the length, or a blank could move from the one name into the other.
std::string NameOf(std::string_view issuer, std::string_view id) {
  return fmt::format("{}:{}{}", issuer.size(), issuer, id);
}

Json ToJson(const Credential& credential) {
  Json json = {{"kind", credential.kind == Credential::Kind::kToken ? "token" : "api_key"},
               {"id", credential.id},
               {"issuer", credential.issuer},
               {"subject", credential.subject},
               {"scopes", credential.scopes},
               {"created", credential.created},
               {"expires", credential.expires},
               {"revoked", credential.revoked}};
  if (!credential.digest.empty()) json["sha256"] = credential.digest;
  return json;
}

/// A fraction or 1e300 is a wrong type too.
int64_t WholeNumber(const Json& json, const char* name) {
  return json.at(name).get_ref<const Json::number_integer_t&>();
}

/// Throws nlohmann's exceptions for what we did not write.
Credential FromJson(const Json& json) {
  const bool token = json.at("kind") == "token";
  return {.kind = token ? Credential::Kind::kToken : Credential::Kind::kApiKey,
          .id = json.at("id"),
          .issuer = json.at("issuer"),
          .subject = json.at("subject"),
          .scopes = json.at("scopes"),
          .digest = token ? std::string() : json.at("sha256").get<std::string>(),
          .created = WholeNumber(json, "created"),
          .expires = WholeNumber(json, "expires"),
          .revoked = WholeNumber(json, "revoked")};
}

int64_t Now() {
  return UnixSeconds(std::chrono::system_clock::now());
}

/// Whoever may write the file could add a key of his own.
void RequireOurs(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw ErrnoError("read", path.string());
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    throw Error(Code::kPermission, fmt::format("{} belongs to another user", path.string()),
                {.hint = "run Keelrow as the user whose workspace it is"});
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return;
  throw Error(
      Code::kPermission, fmt::format("{} can be written by others", path.string()),
      {.hint = fmt::format("chmod go-w {}, once you know what stands in it", path.string())});
}

bool Ended(const Credential& credential, int64_t now) {
  return credential.expires != 0 && credential.expires + kKeptSeconds < now;
}

}  // namespace

CredentialBook::CredentialBook(std::vector<Credential> all) : all_(std::move(all)) {
  for (size_t i = 0; i < all_.size(); ++i) {
    const Credential& credential = all_[i];
    if (credential.kind == Credential::Kind::kApiKey) api_keys_[credential.id] = i;
    if (credential.kind == Credential::Kind::kToken && credential.revoked != 0) {
      revoked_tokens_.insert(NameOf(credential.issuer, credential.id));
    }
  }
}

Expected<CredentialBook> CredentialBook::Parse(std::string_view text, const std::string& name) {
  const Error corrupt(Code::kCorrupt, fmt::format("{} does not hold credentials", name),
                      {.hint = "restore it from a copy"});
  const auto json = ParseJson(text, name, {.depth_max = 8, .size_max = kBytesMax});
  if (!json || !json->is_object()) return corrupt;
  try {
    if (json->at("format") != kFormat) {
      return Error(Code::kUnsupported, fmt::format("{} is of another format", name),
                   {.hint = "a newer Keelrow wrote it; use that one"});
    }
    std::vector<Credential> all;
    for (const Json& item : json->at("credentials")) all.push_back(FromJson(item));
    return CredentialBook(std::move(all));
  } catch (const Json::exception&) {
    return corrupt;
  }
}

std::string CredentialBook::Text() const {
  Json list = Json::array();
  for (const Credential& credential : all_) list.push_back(ToJson(credential));
  return Json{{"format", kFormat}, {"credentials", std::move(list)}}.dump(1) + "\n";
}

const Credential* CredentialBook::FindApiKey(std::string_view id) const {
  const auto found = api_keys_.find(std::string(id));
  return found != api_keys_.end() ? &all_[found->second] : nullptr;
}

bool CredentialBook::IsRevoked(std::string_view issuer, std::string_view token_id) const {
  return !revoked_tokens_.empty() && !token_id.empty() &&
         revoked_tokens_.contains(NameOf(issuer, token_id));
}

CredentialFile::CredentialFile(const fs::path& folder)
    : path_(fs::absolute(folder) / "credentials.json") {
  MakeFolders(path_.parent_path());
}

CredentialBook CredentialFile::Read() const {
  if (!fs::exists(path_)) return {};
  RequireOurs(path_);
  return CredentialBook::Parse(ReadFile(path_, kBytesMax), path_.string()).Value();
}

void CredentialFile::Add(const Credential& credential) {
  const FileLock lock(path_.string() + ".lock", kPatience);
  std::vector<Credential> all = Read().all();
  const int64_t now = Now();
  std::erase_if(all, [now](const Credential& old) { return Ended(old, now); });
  if (all.size() >= kCredentialsMax) {
    throw Error(Code::kLimit, fmt::format("{} holds {} credentials, and no more", path_.string(),
                                          kCredentialsMax));
  }
  all.push_back(credential);
  WriteFileDurably(path_, CredentialBook(std::move(all)).Text());
}

std::pair<Credential, bool> CredentialFile::Revoke(const std::string& id,
                                                   const std::optional<std::string>& issuer) {
  const FileLock lock(path_.string() + ".lock", kPatience);
  std::vector<Credential> all = Read().all();
  auto found = std::ranges::find_if(all, [&](const Credential& credential) {
    return credential.id == id && credential.issuer == issuer.value_or(kOurselves);
  });
  if (found == all.end()) {
    if (!issuer || id.empty()) {
      throw Error(Code::kNotFound, fmt::format("there is no token or API key `{}`", id),
                  {.hint = "`keelrow token ls` lists them; name the --issuer of any other"});
    }
    all.push_back({.id = id, .issuer = *issuer, .created = Now()});
    found = all.end() - 1;
  }
  if (found->revoked != 0) return {*found, false};
  found->revoked = Now();
  const Credential revoked = *found;
  WriteFileDurably(path_, CredentialBook(std::move(all)).Text());
  return {revoked, true};
}

LiveCredentials::LiveCredentials(const fs::path& folder, std::chrono::milliseconds poll)
    : file_(folder),
      watched_(file_.path(), kBytesMax),
      book_(std::make_shared<const CredentialBook>(file_.Read())),
      periodic_(poll, [this, poll] {
        Look();
        return poll;
      }) {}

void LiveCredentials::Look() {
  const std::lock_guard lock(looking_);
  try {
    if (!fs::exists(file_.path()) && book_.Get()->all().empty()) return;
    RequireOurs(file_.path());
    const auto text = watched_.ReadIfChanged();
    if (text) {
      auto book = CredentialBook::Parse(*text, file_.path().string());
      book_.Set(std::make_shared<const CredentialBook>(std::move(book).Value()));
    }
    failing_ = failing_ && !text;
  } catch (const Error& error) {
    if (!failing_) log::Warning("revocations and API keys stay as they were: {}", error.what());
    failing_ = true;
  }
}

}  // namespace keelrow::gateway
