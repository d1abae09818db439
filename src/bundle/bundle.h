#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "bundle/manifest.h"

namespace keelrow::bundle {

/// The model package: a folder that is the only thing to cross from training to serving. Opening
/// it checks every byte against SHA256SUMS, refuses files that are not listed, links, and paths
/// that lead outside. Immutable once open; safe to read from many threads.
class Bundle {
 public:
  /// Throws kNotFound, kCorrupt (a byte differs, a file is missing or unlisted), kUnsupported.
  static Bundle Open(const std::filesystem::path& folder);

  const std::filesystem::path& folder() const { return folder_; }
  const Manifest& manifest() const { return manifest_; }
  /// SHA-256 of SHA256SUMS: names the bundle's whole content.
  const std::string& hash() const { return hash_; }
  const Json& metrics() const { return metrics_; }

  /// SHA-256 of a file as it was when the bundle was opened. Throws kNotFound.
  const std::string& Digest(const std::string& file) const;
  /// A file's bytes, checked once more as they are read. Throws kNotFound, kCorrupt.
  std::string Read(const std::string& file) const;

 private:
  std::filesystem::path folder_;
  std::map<std::string, std::string> sums_;  // file → SHA-256
  Manifest manifest_;
  Json metrics_;
  std::string hash_;
};

/// Turns a folder that holds network.onnx (and assets/, reference.parquet) into a bundle: writes
/// bundle.json, metrics.json, MLmodel and SHA256SUMS. Returns the bundle's hash.
std::string Seal(const std::filesystem::path& folder, const Manifest& manifest,
                 const Json& metrics);

inline constexpr const char* kNetworkFile = "network.onnx";
inline constexpr const char* kMetricsFile = "metrics.json";  // {"metrics", "data_sha256"}
inline constexpr const char* kReferenceFile = "reference.parquet";

}  // namespace keelrow::bundle
