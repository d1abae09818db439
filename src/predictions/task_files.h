#pragma once

#include <filesystem>
#include <mutex>
#include <string>

#include "http/guarded_fetch.h"
#include "project/serving.h"

namespace keelrow::predictions {

/// The files that tasks of Label Studio are about, wherever they lie. Its token goes to its own
/// origin and to those paths alone that it serves files from: whoever writes tasks chooses their
/// URLs, and must not ask its API in our name. Thread-safe; blocks.
class TaskFiles {
 public:
  /// Throws kBadValue for a URL that is none, kNotFound for a token file that is not there.
  /// `root`: what relative paths start from. `bytes_max`: of one file.
  TaskFiles(const project::LabelStudioConfig& config, const std::filesystem::path& root,
            size_t bytes_max);

  /// What a member of a task's data stands for: a data: URL, Base64, an http or https URL, or a
  /// path of Label Studio ("/data/upload/1/7.png"). Throws kBadExample for any other text, and what
  /// http::FetchGuarded throws.
  std::string Bring(const std::string& text, std::chrono::steady_clock::time_point deadline) const;

 private:
  http::Url UrlOf(const std::string& text) const;
  bool OpensFiles(const http::Url& url) const;
  std::string Authorization(std::chrono::steady_clock::time_point deadline) const;

  std::optional<http::Url> home_;  // Label Studio itself
  std::string token_;
  std::vector<http::Url> origins_;
  std::vector<std::string> public_hosts_;
  size_t bytes_max_;
  mutable std::mutex mutex_;  // guards the two below
  mutable std::string access_;
  mutable std::chrono::steady_clock::time_point access_until_{};
};

}  // namespace keelrow::predictions
