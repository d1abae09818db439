#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/time_text.h"
#include "gateway/api_key.h"
#include "gateway/credentials.h"
#include "gateway/jwt.h"
#include "gateway/scope.h"
#include "gateway/setup.h"

namespace keelrow::cli {
namespace {

using gateway::Credential;

struct TokenArguments {
  std::string subject;  // empty: the user
  std::string ttl;
  std::vector<std::string> scopes;
  bool api_key = false;
  bool json = false;  // the same as -o json
  std::vector<std::string> ids;
  std::string issuer;
};

bool InJson(const Globals& globals, const TokenArguments& arguments) {
  return arguments.json || globals.json();
}

int64_t Now() {
  return gateway::UnixSeconds(std::chrono::system_clock::now());
}

/// A mistyped operation would make a token that opens nothing.
void CheckScope(const std::string& scope) {
  const std::string operation = scope.substr(0, scope.find(':'));
  const auto& known = gateway::Operations();
  if (gateway::IsScope(scope) && std::ranges::find(known, operation) != known.end()) return;
  std::string hint = DidYouMean(operation, known);
  if (hint.empty()) hint = "such as predict, predict:MODEL, manage, metrics";
  throw Error(Code::kBadValue, fmt::format("`{}` is no scope", scope), {.hint = hint});
}

/// Seconds that it lasts; 0: for ever, as an API key does unless told otherwise.
int64_t TtlOf(const TokenArguments& arguments, const project::AuthConfig& config) {
  if (arguments.ttl.empty() && arguments.api_key) return 0;
  const Duration ttl =
      arguments.ttl.empty() ? config.jwt.ttl : ParseDuration(arguments.ttl).Value();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(ttl.value).count();
  if (seconds > 0) return seconds;
  throw Error(Code::kBadValue, "a token needs a lifetime of at least a second");
}

Json ToJson(const Credential& credential) {
  return {{"id", credential.id},
          {"kind", credential.kind == Credential::Kind::kToken ? "token" : "api_key"},
          {"issuer", credential.issuer},
          {"subject", credential.subject},
          {"scopes", credential.scopes},
          {"created", credential.created},
          {"expires", credential.expires == 0 ? Json() : Json(credential.expires)},
          {"revoked", credential.revoked == 0 ? Json() : Json(credential.revoked)}};
}

/// The change in the audit of the workspace's store, like those of models.
void Record(const pipeline::Workspace& workspace, const char* action,
            const Credential& credential) {
  track::Store(workspace.StoreFile())
      .Record({.actor = CurrentUser(), .action = action, .after = ToJson(credential)});
}

/// Notes what is issued, before anybody can hold it, and returns it as its bearer sends it.
std::string Issue(const pipeline::Workspace& workspace, const project::AuthConfig& config,
                  Credential& credential) {
  std::string text;
  if (credential.kind == Credential::Kind::kApiKey) {
    const gateway::ApiKey key = gateway::ApiKey::New();
    credential.id = key.id;
    credential.digest = key.Digest();
    text = key.Text();
  } else {
    credential.id = gateway::NewTokenId();
    text = gateway::OwnAuthority(config, workspace.root())
               .Issue({.subject = credential.subject,
                       .scopes = credential.scopes,
                       .ttl = std::chrono::seconds(credential.expires - credential.created),
                       .id = credential.id});
  }
  gateway::CredentialFile(workspace.root()).Add(credential);
  Record(workspace, "issue", credential);
  return text;
}

void Create(const Globals& globals, const TokenArguments& arguments) {
  for (const std::string& scope : arguments.scopes) CheckScope(scope);
  const project::AuthConfig config = globals.LoadProject().project.serve.auth;
  const pipeline::Workspace workspace = globals.OpenWorkspace();
  const int64_t ttl = TtlOf(arguments, config);
  const int64_t now = Now();
  Credential credential{
      .kind = arguments.api_key ? Credential::Kind::kApiKey : Credential::Kind::kToken,
      .subject = arguments.subject.empty() ? CurrentUser() : arguments.subject,
      .scopes = arguments.scopes.empty() ? std::vector<std::string>{"predict"} : arguments.scopes,
      .created = now,
      .expires = ttl == 0 ? 0 : now + ttl};
  const std::string text = Issue(workspace, config, credential);
  if (InJson(globals, arguments)) {
    Json json = ToJson(credential);
    json["token"] = text;
    fmt::print("{}\n", json.dump());
    return;
  }
  fmt::print("{}\n", text);
  if (globals.quiet || !arguments.api_key) return;
  fmt::print(stderr, "API key {} of {}: it is shown this once\n", credential.id,
             credential.subject);
}

std::string StateOf(const Credential& credential) {
  if (credential.revoked != 0) return "revoked";
  return credential.expires != 0 && credential.expires <= Now() ? "expired" : "valid";
}

std::string Date(int64_t seconds) {
  return TimeText(seconds * 1000);
}

void List(const Globals& globals, const TokenArguments& arguments) {
  const gateway::CredentialBook book =
      gateway::CredentialFile(globals.OpenWorkspace().root()).Read();
  Json json = Json::array();
  std::vector<std::vector<std::string>> rows = {
      {"id", "kind", "subject", "scopes", "created (UTC)", "ends (UTC)", "state"}};
  for (const Credential& credential : book.all()) {
    json.push_back(ToJson(credential));
    json.back()["state"] = StateOf(credential);
    const bool token = credential.kind == Credential::Kind::kToken;
    const bool ours = credential.issuer == gateway::kOurselves;
    rows.push_back({credential.id, token ? "token" : "API key",
                    ours ? credential.subject : "of " + credential.issuer,
                    JoinText(credential.scopes, " "), Date(credential.created),
                    Date(credential.expires), StateOf(credential)});
  }
  if (InJson(globals, arguments)) {
    fmt::print("{}\n", json.dump(1));
  } else {
    fmt::print("{}", json.empty() ? "No tokens yet: `keelrow token create` makes one.\n"
                                  : RenderTable(rows));
  }
}

/// What somebody names to have it revoked: an id, or the very token or API key.
struct Named {
  std::string id;
  std::optional<std::string> issuer;
};

Named NamedBy(const std::string& text, const TokenArguments& arguments) {
  if (gateway::LooksLikeApiKey(text)) {
    const auto key = gateway::ParseApiKey(text);
    if (!key) throw Error(Code::kBadValue, "what begins with krl_ is no API key");
    return {.id = key->id, .issuer = {}};
  }
  if (const auto jwt = gateway::ParseJwt(text)) {
    Named named{.id = gateway::TextClaim(jwt->payload, "jti"),
                .issuer = gateway::TextClaim(jwt->payload, "iss")};
    if (!named.id.empty()) return named;
    throw Error(Code::kBadValue, "the token has no id (`jti`) to be revoked by",
                {.hint = "it holds until it ends, or until its key is changed"});
  }
  if (arguments.issuer.empty()) return {.id = text, .issuer = {}};
  return {.id = text, .issuer = arguments.issuer};
}

void Revoke(const Globals& globals, const TokenArguments& arguments) {
  const pipeline::Workspace workspace = globals.OpenWorkspace();
  gateway::CredentialFile file(workspace.root());
  Json json = Json::array();
  for (const std::string& text : arguments.ids) {
    const Named named = NamedBy(text, arguments);
    const auto [credential, now] = file.Revoke(named.id, named.issuer);
    if (now) Record(workspace, "revoke", credential);
    json.push_back(ToJson(credential));
    if (InJson(globals, arguments)) continue;
    fmt::print("{} is revoked{}\n", credential.id, now ? "" : " already");
  }
  if (InJson(globals, arguments)) fmt::print("{}\n", json.dump(1));
}

void PrintKeys(const Globals& globals) {
  const project::AuthConfig config = globals.LoadProject().project.serve.auth;
  const Json jwk = gateway::OwnAuthority(config, globals.OpenWorkspace().root()).PublicJwk();
  if (jwk.is_null()) {
    throw Error(Code::kUsage, "tokens signed with HS256 have no public key",
                {.hint = "serve.auth.jwt.algorithm: ES256 signs with a key pair"});
  }
  fmt::print("{}\n", Json{{"keys", Json::array({jwk})}}.dump(1));
}

void AddGrantOptions(CLI::App& command, TokenArguments& arguments) {
  command.add_option("--subject", arguments.subject, "Whom it names (default: you)");
  command.add_option("--ttl", arguments.ttl,
                     "How long it lasts (default: serve.auth.jwt.ttl; an API key for ever)");
}

CLI::App* AddAction(CLI::App& command, const char* name, const char* help,
                    TokenArguments& arguments) {
  CLI::App* action = command.add_subcommand(name, help);
  action->fallthrough();
  action->add_flag("--json", arguments.json, "The same as -o json");
  return action;
}

}  // namespace

void DefineToken(CLI::App& command, Globals& globals, Outcome&) {
  auto arguments = std::make_shared<TokenArguments>();
  AddGrantOptions(command, *arguments);
  // Without a word behind it: the token that one needs to try the service out.
  command.callback([&globals, &command, arguments] {
    if (command.get_subcommands().empty()) Create(globals, *arguments);
  });
  CLI::App* create = AddAction(command, "create", "Make a token or an API key", *arguments);
  AddGrantOptions(*create, *arguments);
  create
      ->add_option("--scope", arguments->scopes,
                   "What it allows: predict (default), predict:MODEL, manage, metrics; repeatable")
      ->allow_extra_args(false);
  create->add_flag("--api-key", arguments->api_key, "An API key, for a machine");
  create->callback([&globals, arguments] { Create(globals, *arguments); });
  AddAction(command, "ls", "List tokens and API keys", *arguments)->callback([&globals, arguments] {
    List(globals, *arguments);
  });
  CLI::App* revoke = AddAction(command, "revoke", "End tokens and API keys now", *arguments);
  revoke->add_option("id", arguments->ids, "Their ids, or they themselves")->required();
  revoke->add_option("--issuer", arguments->issuer, "Whose token it is, when it is not ours");
  revoke->callback([&globals, arguments] { Revoke(globals, *arguments); });
  command.add_subcommand("jwks", "Print the public key with which others verify our tokens")
      ->fallthrough()
      ->callback([&globals] { PrintKeys(globals); });
}

}  // namespace keelrow::cli
