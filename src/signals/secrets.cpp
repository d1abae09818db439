#include "signals/secrets.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace keelrow::signals {
namespace {

// Of names without anything but letters and digits, in lower case.
constexpr std::array<std::string_view, 11> kEndings = {
    "password",  "passwd",     "secret",    "token",     "apikey",    "authorization",
    "signature", "credential", "accesskey", "secretkey", "privatekey"};
constexpr std::array<std::string_view, 11> kWhole = {
    "pass",      "pwd",         "login",       "auth", "authorisation", "credentials", "cookie",
    "setcookie", "extraparams", "accesskeyid", "sig"};

bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsNameCharacter(char c) {
  return IsWord(c) || c == '_' || c == '-' || c == '.';
}

/// "X-Amz-Security-Token" → "xamzsecuritytoken".
std::string Bare(std::string_view name) {
  std::string bare;
  for (const char c : name) {
    if (!IsWord(c)) continue;
    bare += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return bare;
}

bool IsSecretName(std::string_view name) {
  const std::string bare = Bare(name);
  return std::ranges::find(kWhole, bare) != kWhole.end() ||
         std::ranges::any_of(kEndings, [&](std::string_view end) { return bare.ends_with(end); });
}

/// The last "@" of the authority that begins at `at`, which ends its user; `at` where there is
/// none.
size_t EndOfUser(std::string_view text, size_t at) {
  const size_t end = std::min(text.size(), text.find_first_of("/?# \t\r\n\"'<>", at));
  const size_t sign = text.substr(at, end - at).rfind('@');
  return sign == std::string_view::npos ? at : at + sign;
}

std::string MaskUsers(std::string_view text) {
  constexpr std::string_view kBegin = "://";
  std::string masked;
  size_t done = 0;
  for (size_t at = text.find(kBegin); at != text.npos; at = text.find(kBegin, at)) {
    at += kBegin.size();
    const size_t user = EndOfUser(text, at);
    if (user == at) continue;
    masked.append(text.substr(done, at - done)).append(kMasked);
    done = user;
  }
  return masked.append(text.substr(done));
}

/// Of "name=value" where the name begins a query, a form or an element of them.
std::string MaskPairs(std::string_view text) {
  std::string masked;
  size_t done = 0;
  for (size_t at = text.find('='); at != text.npos; at = text.find('=', at)) {
    size_t name = at;
    while (name > done && IsNameCharacter(text[name - 1])) --name;
    const bool secret = IsSecretName(text.substr(name, at - name));
    ++at;
    if (!secret) continue;
    masked.append(text.substr(done, at - done)).append(kMasked);
    done = std::min(text.size(), text.find_first_of("&;# \t\r\n\"'<>", at));
    at = done;
  }
  return masked.append(text.substr(done));
}

}  // namespace

std::string MaskText(const std::string& text) {
  const bool users = text.find("://") != std::string::npos;
  const bool pairs = text.find('=') != std::string::npos;
  std::string masked = users ? MaskUsers(text) : text;
  return pairs ? MaskPairs(masked) : masked;
}

// Recursive: ParseJson has bounded the depth.
void MaskSecrets(Json& json) {
  if (json.is_string()) {
    json = MaskText(json.get_ref<const std::string&>());
  } else if (json.is_array()) {
    for (Json& item : json) MaskSecrets(item);
  } else if (json.is_object()) {
    for (auto& [name, value] : json.items()) {
      if (!IsSecretName(name)) {
        MaskSecrets(value);
      } else if (!value.is_null()) {
        value = kMasked;
      }
    }
  }
}

}  // namespace keelrow::signals
