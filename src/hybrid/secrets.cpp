#include "hybrid/secrets.h"

#include <fmt/format.h>

#include "base/environment.h"
#include "base/text.h"
#include "base/watched_file.h"

namespace keelrow::hybrid {
namespace {

constexpr uint64_t kFileMax = 64 << 10;
constexpr std::string_view kBlanks = " \t\r\n";  // line breaks too: a file ends with one

/// Read anew when the file has changed: keys are rotated while we run.
template <class T>
class FromFile {
 public:
  using Parse = std::function<Expected<T>(std::string_view)>;
  FromFile(std::filesystem::path file, Parse parse)
      : file_(std::move(file), kFileMax), parse_(std::move(parse)) {}

  const Expected<T>& Value() {
    try {
      if (const auto text = file_.ReadIfChanged()) value_ = parse_(*text);
    } catch (const Error& error) {
      value_ = error;
    }
    return value_;
  }

 private:
  WatchedFile file_;
  Parse parse_;
  Expected<T> value_ = Error(Code::kUnauthenticated, "not read yet");
};

void AddToken(http::ClientRequest& request, const std::string& field, const std::string& token) {
  const bool bearer = http::EqualIgnoringCase(field, "Authorization");
  request.headers.Set(field, bearer ? "Bearer " + token : token);
}

Error Missing(const std::string& what) {
  return Error(Code::kUnauthenticated, what + " is missing");
}

}  // namespace

Authorize NoSecret() {
  return [](http::ClientRequest&, const std::string&) -> std::optional<Error> { return {}; };
}

Authorize TokenOfEnvironment(const std::string& variable, std::string field) {
  return [variable, token = Environment(variable), field = std::move(field)](
             http::ClientRequest& request, const std::string&) -> std::optional<Error> {
    if (token.empty()) return Missing("the environment variable " + variable);
    AddToken(request, field, token);
    return {};
  };
}

Authorize TokenOfFile(std::filesystem::path file, std::string field) {
  const auto parse = [](std::string_view text) -> Expected<std::string> {
    return std::string(Trimmed(text, kBlanks));
  };
  auto source = std::make_shared<FromFile<std::string>>(std::move(file), parse);
  return [source, field = std::move(field)](http::ClientRequest& request,
                                            const std::string&) -> std::optional<Error> {
    const Expected<std::string>& token = source->Value();
    if (!token) return token.error();
    if (token->empty()) return Missing("the token in its file");
    AddToken(request, field, *token);
    return {};
  };
}

Authorize AwsOfEnvironment(std::string region, std::string service) {
  AwsKeys keys{.id = Environment("AWS_ACCESS_KEY_ID"),
               .secret = Environment("AWS_SECRET_ACCESS_KEY"),
               .session_token = Environment("AWS_SESSION_TOKEN")};
  return [keys = std::move(keys), region = std::move(region), service = std::move(service)](
             http::ClientRequest& request, const std::string& authority) -> std::optional<Error> {
    if (keys.id.empty() || keys.secret.empty()) {
      return Missing("AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY");
    }
    SignForAws(request, authority, keys, region, service, std::chrono::system_clock::now());
    return {};
  };
}

Authorize AwsOfFile(std::filesystem::path file, std::string profile, std::string region,
                    std::string service) {
  const auto parse = [profile = std::move(profile)](std::string_view text) {
    return ParseAwsCredentials(text, profile);
  };
  auto source = std::make_shared<FromFile<AwsKeys>>(std::move(file), parse);
  return [source, region = std::move(region), service = std::move(service)](
             http::ClientRequest& request, const std::string& authority) -> std::optional<Error> {
    const Expected<AwsKeys>& keys = source->Value();
    if (!keys) return keys.error();
    SignForAws(request, authority, *keys, region, service, std::chrono::system_clock::now());
    return {};
  };
}

Expected<AwsKeys> ParseAwsCredentials(std::string_view text, const std::string& profile) {
  AwsKeys keys;
  bool inside = false;
  for (const std::string& whole : SplitText(text, '\n')) {
    const std::string_view line = Trimmed(whole, kBlanks);
    if (line.starts_with('[')) inside = line == "[" + profile + "]";
    const size_t equals = line.find('=');
    if (!inside || equals == std::string_view::npos || line.starts_with('#')) continue;
    const std::string_view name = Trimmed(line.substr(0, equals), kBlanks);
    const std::string value(Trimmed(line.substr(equals + 1), kBlanks));
    if (name == "aws_access_key_id") keys.id = value;
    if (name == "aws_secret_access_key") keys.secret = value;
    if (name == "aws_session_token") keys.session_token = value;
  }
  if (keys.id.empty() || keys.secret.empty()) {
    return Error(Code::kBadValue,
                 fmt::format("the profile `{}` has no aws_access_key_id and aws_secret_access_key",
                             profile));
  }
  return keys;
}

}  // namespace keelrow::hybrid
