#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/time_text.h"
#include "gateway/secret.h"
#include "gateway/token.h"

namespace keelrow::cli {
namespace {

struct TokenArguments {
  std::string subject;  // empty: the user
  std::string ttl;
};

Duration TtlOf(const Globals& globals, const TokenArguments& arguments) {
  if (!arguments.ttl.empty()) return ParseDuration(arguments.ttl).Value();
  return globals.LoadProject().project.serve.auth.jwt.ttl;
}

}  // namespace

void DefineToken(CLI::App& command, Globals& globals, Outcome&) {
  auto arguments = std::make_shared<TokenArguments>();
  command.add_option("--subject", arguments->subject, "Whom the token names (default: you)");
  command.add_option("--ttl", arguments->ttl, "How long it lasts (default: serve.auth.jwt.ttl)");
  command.callback([&globals, arguments] {
    const Duration ttl = TtlOf(globals, *arguments);
    const gateway::TokenAuthority authority(
        gateway::LoadOrCreateSecret(globals.OpenWorkspace().root()));
    const std::string token =
        authority.Issue({.subject = arguments->subject.empty() ? CurrentUser() : arguments->subject,
                         .scopes = {"predict"},
                         .ttl = std::chrono::duration_cast<std::chrono::seconds>(ttl.value)});
    fmt::print("{}\n", globals.json() ? Json{{"token", token}}.dump() : token);
  });
}

}  // namespace keelrow::cli
