#include "predictions/task_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/base64.h"
#include "base/files.h"
#include "base/text.h"
#include "http/client.h"
#include "http/target.h"

namespace keelrow::predictions {
namespace {

using Clock = std::chrono::steady_clock;

// Label Studio's access tokens hold for 5 minutes (SIMPLE_JWT's ACCESS_TOKEN_LIFETIME).
constexpr std::chrono::minutes kAccessKept{4};
constexpr std::chrono::milliseconds kTimeout{10'000};
constexpr std::string_view kJpegInBase64 = "/9j/";  // begins like a path

bool IsWebToken(std::string_view token) {
  return std::ranges::count(token, '.') == 2;
}

/// Local files and uploads have names with blanks and umlauts, which a URL does not.
std::string Encoded(const std::string& path) {
  std::string encoded;
  for (const char c : path) {
    const bool plain = c > ' ' && c < 0x7f;
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

/// Segments of a URL's path, decoded once; empty for one that leads elsewhere ("..", "%2f").
std::vector<std::string> SegmentsOf(const http::Url& url) {
  http::Request request{.target = url.target};
  if (http::ParseTarget(request)) return {};
  return request.segments;
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

/// Where Label Studio serves files: /data/upload/…, /data/local-files/?d=…, /storage-data/…, and
/// what of a cloud storage goes through it, /tasks/7/resolve/?fileuri=….
bool IsFilePath(const std::vector<std::string>& path, const std::vector<std::string>& home) {
  if (path.size() < home.size() + 2 || !std::equal(home.begin(), home.end(), path.begin())) {
    return false;
  }
  const std::span<const std::string> rest = std::span(path).subspan(home.size());
  if (rest[0] == "data" || rest[0] == "storage-data") return true;
  return (rest[0] == "tasks" || rest[0] == "projects") && IsNumber(rest[1]) && rest.size() > 2 &&
         (rest[2] == "resolve" || rest[2] == "presign");
}

/// A personal access token of Label Studio is traded for one that opens files.
std::string Refresh(const http::Url& home, const std::string& token, Clock::time_point deadline) {
  http::ClientOptions options = http::ClientOptions::To(home);
  options.timeout =
      std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()),
                 std::chrono::milliseconds(1), kTimeout);
  const std::string path = home.target + (home.target.ends_with('/') ? "" : "/");
  const http::Response response =
      http::Client(options).Post(path + "api/token/refresh/", Json{{"refresh", token}}.dump(),
                                 {{"Content-Type", "application/json"}});
  const Expected<Json> body = ParseJson(response.body, "Label Studio's answer");
  if (response.status == 200 && body && body->is_object() && body->contains("access") &&
      body->at("access").is_string()) {
    return body->at("access").get<std::string>();
  }
  throw Error(Code::kForbidden,
              fmt::format("Label Studio does not accept its token (serve.label_studio): status {}",
                          response.status));
}

}  // namespace

predictions::TaskFiles::TaskFiles(const project::LabelStudioConfig& config,
                                  const std::filesystem::path& root, size_t bytes_max)
    : bytes_max_(bytes_max) {
  if (!config.url.empty()) origins_.push_back(*(home_ = http::ParseUrl(config.url).Value()));
  for (const std::string& origin : config.origins) {
    origins_.push_back(http::ParseUrl(origin).Value());
  }
  for (const std::string& host : config.hosts) public_hosts_.push_back(LowerCase(host));
  if (config.token_file.empty()) return;
  token_ = ReadFile(root / config.token_file, 16'384);
  token_.erase(token_.find_last_not_of("\r\n ") + 1);
}

http::Url predictions::TaskFiles::UrlOf(const std::string& text) const {
  if (!text.starts_with('/')) return http::ParseUrl(text).Value();
  if (!home_) {
    throw Error(Code::kBadExample, "the file lies in Label Studio, whose address is not configured",
                {.hint = "serve.label_studio.url"});
  }
  return http::ParseUrl((home_->https ? "https://" : "http://") + home_->Authority() +
                        Encoded(text))
      .Value();
}

bool predictions::TaskFiles::OpensFiles(const http::Url& url) const {
  std::vector<std::string> home = SegmentsOf(*home_);
  if (!home.empty() && home.back().empty()) home.pop_back();  // "/labels/"
  return SameOrigin(url, *home_) && IsFilePath(SegmentsOf(url), home);
}

std::string predictions::TaskFiles::Authorization(Clock::time_point deadline) const {
  if (!IsWebToken(token_)) return "Token " + token_;
  const std::lock_guard lock(mutex_);
  if (Clock::now() >= access_until_) {
    access_ = Refresh(*home_, token_, deadline);
    access_until_ = Clock::now() + kAccessKept;
  }
  return "Bearer " + access_;
}

std::string predictions::TaskFiles::Bring(const std::string& text,
                                          Clock::time_point deadline) const {
  const bool path = text.starts_with('/') && !text.starts_with(kJpegInBase64);
  const bool web = text.starts_with("http://") || text.starts_with("https://");
  if (!path && !web) {
    std::optional<std::string> file = DecodeFileText(text);
    if (file && !file->empty()) return *std::move(file);
    throw Error(Code::kBadExample,
                "the task's data is no http or https URL, no path of Label Studio, no data: URL "
                "and no Base64");
  }
  return http::FetchGuarded(
      UrlOf(text),
      {.allowed_origins = origins_,
       .public_hosts = public_hosts_,
       .deadline = deadline,
       .timeout = kTimeout,
       .bytes_max = bytes_max_,
       .headers = [&](const http::Url& url) {
         const bool ours = home_ && !token_.empty() && OpensFiles(url);
         return ours ? http::Headers{{"Authorization", Authorization(deadline)}} : http::Headers{};
       }});
}

}  // namespace keelrow::predictions
