#include "hybrid/aws_signature.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/hash.h"
#include "base/text.h"
#include "http/target.h"

namespace keelrow::hybrid {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

/// Without blanks at its ends, and one for several inside.
std::string Folded(std::string_view value) {
  std::string folded;
  for (const char c : value) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && (folded.empty() || folded.back() == ' ')) continue;
    folded += blank ? ' ' : c;
  }
  if (folded.ends_with(' ')) folded.pop_back();
  return folded;
}

/// Each segment of what is sent, encoded once more: every service but S3 wants it twice.
std::string CanonicalPath(std::string_view path) {
  std::vector<std::string> segments = SplitText(path, '/');
  for (std::string& segment : segments) segment = http::PercentEncode(segment);
  return JoinText(segments, "/");
}

std::string CanonicalQuery(std::string_view query) {
  std::vector<std::string> parts = SplitText(query, '&');
  std::erase(parts, "");
  for (std::string& part : parts) {
    if (part.find('=') == std::string::npos) part += '=';
  }
  std::ranges::sort(parts);
  return JoinText(parts, "&");
}

/// What is signed of the header, by name in lower case.
std::map<std::string, std::string> SignedFields(const http::ClientRequest& request,
                                                const std::string& authority) {
  std::map<std::string, std::string> fields = {{"host", authority}};
  for (const auto& [name, value] : request.headers) {
    std::string& of_that_name = fields[LowerCase(name)];
    if (!of_that_name.empty()) of_that_name += ',';
    of_that_name += Folded(value);
  }
  return fields;
}

std::string SigningKey(const AwsKeys& keys, const std::string& date, const std::string& region,
                       const std::string& service) {
  std::string key = "AWS4" + keys.secret;
  for (const std::string& part : {date, region, service, std::string("aws4_request")}) {
    key = HmacSha256(key, part);
  }
  return key;
}

}  // namespace

void SignForAws(http::ClientRequest& request, const std::string& authority, const AwsKeys& keys,
                const std::string& region, const std::string& service,
                std::chrono::system_clock::time_point now) {
  const std::string time =
      fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
  const std::string date = time.substr(0, 8);
  request.headers.Set("X-Amz-Date", time);
  if (!keys.session_token.empty()) {
    request.headers.Set("X-Amz-Security-Token", keys.session_token);
  }
  std::string lines, names;
  for (const auto& [name, value] : SignedFields(request, authority)) {
    lines += fmt::format("{}:{}\n", name, value);
    names += (names.empty() ? "" : ";") + name;
  }
  const size_t mark = std::min(request.target.find('?'), request.target.size());
  const std::string query = request.target.substr(std::min(mark + 1, request.target.size()));
  const std::string canonical = fmt::format(
      "{}\n{}\n{}\n{}\n{}\n{}", request.method, CanonicalPath(request.target.substr(0, mark)),
      CanonicalQuery(query), lines, names, Sha256Hex(request.body));
  const std::string scope = fmt::format("{}/{}/{}/aws4_request", date, region, service);
  const std::string to_sign =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time, scope, Sha256Hex(canonical));
  const std::string signature = ToHex(HmacSha256(SigningKey(keys, date, region, service), to_sign));
  request.headers.Set("Authorization",
                      fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                                  keys.id, scope, names, signature));
}

}  // namespace keelrow::hybrid
