#include "gateway/scope.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelrow::gateway {
namespace {

/// RFC 6749's scope-token.
bool IsScopeCharacter(char c) {
  return c > ' ' && c < '\x7f' && c != '"' && c != '\\';
}

/// Whether `wide` is `scope`, or the operation of which `scope` is that on one model.
bool Covers(std::string_view wide, std::string_view scope) {
  if (!scope.starts_with(wide)) return false;
  return scope.size() == wide.size() ||
         (scope[wide.size()] == ':' && wide.find(':') == std::string_view::npos);
}

}  // namespace

std::string ScopeFor(std::string_view operation, std::string_view model) {
  std::string scope(operation);
  if (model.empty()) return scope;
  scope += ':';
  for (const char c : model) {
    if (IsScopeCharacter(c) && c != '%') {
      scope += c;
    } else {
      scope += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return scope;
}

const std::vector<std::string>& Operations() {
  static const std::vector<std::string> operations = {"predict", "manage", "metrics"};
  return operations;
}

bool IsScope(std::string_view text) {
  return !text.empty() && text.front() != ':' && text.back() != ':' &&
         std::ranges::all_of(text, IsScopeCharacter);
}

bool Allows(const http::Identity& identity, std::string_view operation, std::string_view model) {
  if (operation.empty()) return true;
  const std::string scope = ScopeFor(operation, model);
  return std::ranges::any_of(identity.scopes,
                             [&](const std::string& held) { return Covers(held, scope); });
}

bool AllowsSome(const http::Identity& identity, std::string_view operation) {
  return operation.empty() || std::ranges::any_of(identity.scopes, [&](const std::string& held) {
           return Covers(operation, held);
         });
}

std::vector<std::string> Within(std::span<const std::string> scopes,
                                std::span<const std::string> limits) {
  std::vector<std::string> both;
  for (const std::string& scope : scopes) {
    for (const std::string& limit : limits) {
      if (Covers(limit, scope)) {
        both.push_back(scope);
      } else if (Covers(scope, limit)) {
        both.push_back(limit);
      }
    }
  }
  std::ranges::sort(both);
  both.erase(std::unique(both.begin(), both.end()), both.end());
  return both;
}

}  // namespace keelrow::gateway
