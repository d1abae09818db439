#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/expected.h"
#include "base/periodic.h"
#include "base/watched_file.h"
#include "gateway/snapshot.h"

namespace keelrow::gateway {

/// The issuer of our own tokens, and of API keys.
inline const std::string kOurselves = "keelrow";

/// What lets its bearer in and can be taken back: a token that was issued here, an API key, or a
/// token of another issuer of which only the revocation is known.
struct Credential {
  enum class Kind { kToken, kApiKey };

  Kind kind = Kind::kToken;
  std::string id;  // of a token its `jti`
  std::string issuer = kOurselves;
  std::string subject;
  std::vector<std::string> scopes;
  std::string digest = {};  // of an API key
  int64_t created = 0;      // seconds since 1970
  int64_t expires = 0;      // 0: never, or not known
  int64_t revoked = 0;      // 0: it is not
};

/// The credentials as they stood at one moment. Immutable; any thread may look up.
class CredentialBook {
 public:
  CredentialBook() = default;
  /// kCorrupt for what CredentialFile did not write, kUnsupported for a newer format.
  static Expected<CredentialBook> Parse(std::string_view text, const std::string& name);
  std::string Text() const;

  /// Null when there is none.
  const Credential* FindApiKey(std::string_view id) const;
  bool IsRevoked(std::string_view issuer, std::string_view token_id) const;
  /// In the order in which they were added.
  const std::vector<Credential>& all() const { return all_; }

 private:
  friend class CredentialFile;
  explicit CredentialBook(std::vector<Credential> all);

  std::vector<Credential> all_;
  std::unordered_map<std::string, size_t> api_keys_;  // id → place in all_
  std::unordered_set<std::string> revoked_tokens_;    // few of many: issuer and id
};

/// The file `credentials.json` of a workspace. It holds no secret, but whoever may write it may let
/// himself in: it is refused (kPermission) when others may. Every change is on the disk when the
/// call returns, and one process at a time makes one. Tokens that ended a day ago are left out of
/// what is written. Throws kTimeout (another process holds it for 10 s), kDiskFull, kCorrupt, and
/// kLimit beyond 100,000 credentials.
class CredentialFile {
 public:
  /// In `folder`, which is made if need be.
  explicit CredentialFile(const std::filesystem::path& folder);

  /// Nothing but what is missing when the file is.
  CredentialBook Read() const;
  void Add(const Credential& credential);
  /// Revokes what has that id: a token or an API key that was issued here, or, where the issuer is
  /// named, a token of that issuer, known or not. Returns it; false beside it when it was revoked
  /// before. Throws kNotFound.
  std::pair<Credential, bool> Revoke(const std::string& id,
                                     const std::optional<std::string>& issuer = std::nullopt);

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The book as the file has it now, looked at every `poll` by a thread of its own. While the file
/// cannot be read, the last good book stays.
class LiveCredentials {
 public:
  /// Throws what CredentialFile::Read throws: a service does not start without its revocations.
  LiveCredentials(const std::filesystem::path& folder, std::chrono::milliseconds poll);

  std::shared_ptr<const CredentialBook> Get() const { return book_.Get(); }
  /// Looks at the file now. Any thread.
  void Look();

 private:
  CredentialFile file_;
  std::mutex looking_;  // guards the two below
  WatchedFile watched_;
  bool failing_ = false;  // a lasting fault is logged once
  Snapshot<CredentialBook> book_;
  Periodic periodic_;
};

}  // namespace keelrow::gateway
