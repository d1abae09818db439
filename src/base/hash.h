#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace keelrow {

/// SHA-256 over a stream of bytes (OpenSSL). Not thread-safe; cheap to make.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  Sha256& Update(std::string_view bytes);
  Sha256& Update(std::span<const std::byte> bytes);
  /// 64 lower-case hexadecimal digits; the object is spent afterwards.
  std::string HexDigest();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string Sha256Hex(std::string_view bytes);
std::string Sha256Hex(std::span<const std::byte> bytes);
/// Reads in 1 MiB pieces. Throws kNotFound, kPermission, kIo.
std::string Sha256HexOfFile(const std::filesystem::path& path);

/// As raw 32 bytes.
std::string Sha256Bytes(std::string_view bytes);

/// HMAC-SHA-256 as raw 32 bytes, and a comparison whose time does not depend on the contents.
std::string HmacSha256(std::string_view key, std::string_view message);
bool EqualInConstantTime(std::string_view a, std::string_view b);

/// `count` bytes from the operating system's generator, for secrets only.
std::string SecureRandomBytes(size_t count);

std::string ToHex(std::string_view bytes);

}  // namespace keelrow
