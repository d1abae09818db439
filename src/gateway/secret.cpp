#include "gateway/secret.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"

namespace keelrow::gateway {
namespace {

constexpr size_t kSecretBytes = 32;
constexpr size_t kFileBytesMax = 16'384;  // a private RSA key in PEM has 2,500

void CheckPrivate(int fd, const fs::path& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw ErrnoError("read", path.string());
  if (!S_ISREG(status.st_mode)) {
    throw Error(Code::kPermission, fmt::format("{} is not a plain file", path.string()));
  }
  if (status.st_uid != ::geteuid()) {
    throw Error(
        Code::kPermission, fmt::format("{} belongs to another user", path.string()),
        {.hint = "whoever owns the secret can make tokens; remove the file to get a new one"});
  }
  if ((status.st_mode & 077) != 0) {
    throw Error(
        Code::kPermission, fmt::format("{} can be read by others", path.string()),
        {.hint = fmt::format("chmod 600 {}, or remove it to get a new secret", path.string())});
  }
}

std::string ReadPrivate(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0) throw ErrnoError("read", path.string());
  CheckPrivate(file.get(), path);
  std::string bytes(kFileBytesMax, '\0');
  const ssize_t got = ::read(file.get(), bytes.data(), bytes.size());
  if (got < 0) throw ErrnoError("read", path.string());
  bytes.resize(static_cast<size_t>(got));
  return bytes;
}

void WriteDraft(const fs::path& draft, const std::string& secret) {
  const Descriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0) throw ErrnoError("write", draft.string());
  const ssize_t written = ::write(file.get(), secret.data(), secret.size());
  if (written != static_cast<ssize_t>(secret.size()) || ::fsync(file.get()) != 0) {
    throw ErrnoError("write", draft.string());
  }
}

/// Whole or not at all, and never over an older one: link() fails if the name is taken.
void Create(const fs::path& path, const std::string& secret) {
  const fs::path draft = fmt::format("{}.{}.tmp", path.string(), ToHex(SecureRandomBytes(8)));
  try {
    WriteDraft(draft, secret);
    if (::link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST) {
      throw ErrnoError("make", path.string());
    }
  } catch (...) {
    ::unlink(draft.c_str());
    throw;
  }
  ::unlink(draft.c_str());
  const Descriptor folder(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) throw ErrnoError("flush", path.string());
}

/// `make` is asked for the content when the file is not there.
std::string LoadOrCreate(const fs::path& path, const std::function<std::string()>& make) {
  MakeFolders(path.parent_path());
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(path, ignored))) Create(path, make());
  return ReadPrivate(path);
}

}  // namespace

std::string LoadOrCreateSecret(const fs::path& folder) {
  const fs::path path = fs::absolute(folder) / "token_secret";
  std::string secret = LoadOrCreate(path, [] { return SecureRandomBytes(kSecretBytes); });
  if (secret.size() == kSecretBytes) return secret;
  throw Error(Code::kCorrupt, fmt::format("{} does not hold {} bytes", path.string(), kSecretBytes),
              {.hint = "remove it to get a new secret; tokens made so far then end"});
}

SigningKey LoadOrCreateSigningKey(const fs::path& folder, Algorithm algorithm) {
  const fs::path path = fs::absolute(folder) / fmt::format("token_key_{}.pem", NameOf(algorithm));
  const std::string pem =
      LoadOrCreate(path, [algorithm] { return SigningKey::GeneratePem(algorithm); });
  return SigningKey::FromPem(pem, algorithm, path.string());
}

}  // namespace keelrow::gateway
