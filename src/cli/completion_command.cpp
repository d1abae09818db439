// completion: what a shell needs to finish words, made from the commands themselves.
#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"

namespace keelrow::cli {
namespace {

/// A command by its path, " data check" (the program itself is ""), and the words that may follow.
struct Place {
  std::string path;
  std::vector<std::string> commands;
  std::vector<std::string> options;
};

void AddPlaces(const CLI::App& app, const std::string& path, std::vector<Place>& places) {
  Place place{.path = path, .commands = {}, .options = LongOptions(app)};
  std::vector<const CLI::App*> shown;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_group().empty()) continue;  // not for people
    shown.push_back(command);
    place.commands.push_back(command->get_name());
  }
  places.push_back(std::move(place));
  for (const CLI::App* command : shown)
    AddPlaces(*command, path + " " + command->get_name(), places);
}

/// For bash, and for zsh as its bashcompinit has it: so no `path`, which zsh ties to PATH, and sums
/// in their own brackets. Without a match the shell offers files.
std::string BashScript(const std::vector<Place>& places) {
  std::string paths;
  std::string words;
  for (const Place& place : places) {
    if (!place.path.empty()) paths += fmt::format("{}'{}'", paths.empty() ? "" : "|", place.path);
    std::vector<std::string> options = place.options;
    if (!place.path.empty()) {
      options.insert(options.end(), places[0].options.begin(), places[0].options.end());
    }
    words += fmt::format("    '{}') words='{}' options='{}' ;;\n", place.path,
                         JoinText(place.commands, " "), JoinText(options, " "));
  }
  return fmt::format(R"(_keelrow() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" place= word words= options=
  for word in "${{COMP_WORDS[@]:1:$((COMP_CWORD - 1))}}"; do
    case "$place $word" in
      {}) place="$place $word" ;;
    esac
  done
  case "$place" in
{}  esac
  case "$current" in
    -*) words=$options ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _keelrow keelrow
)",
                     paths, words);
}

std::string ZshScript(const std::vector<Place>& places) {
  return "autoload -U +X compinit bashcompinit && compinit && bashcompinit\n" + BashScript(places);
}

/// The condition under which a place's words are offered.
std::string FishCondition(const Place& place) {
  if (place.path.empty()) return "__fish_use_subcommand";
  std::string condition;
  for (const std::string& word : SplitText(place.path.substr(1), ' ')) {
    condition +=
        fmt::format("{}__fish_seen_subcommand_from {}", condition.empty() ? "" : "; and ", word);
  }
  return condition;
}

std::string FishScript(const std::vector<Place>& places) {
  std::string script;
  for (const Place& place : places) {
    // The program's own options are offered everywhere.
    const std::string where =
        place.path.empty() ? "" : fmt::format(" -n '{}'", FishCondition(place));
    for (const std::string& command : place.commands) {
      script += fmt::format("complete -c keelrow -n '{}' -a {}\n", FishCondition(place), command);
    }
    for (const std::string& option : place.options) {
      script += fmt::format("complete -c keelrow{} -l {}\n", where, option.substr(2));
    }
  }
  return script;
}

struct Shell {
  const char* name;
  std::string (*script)(const std::vector<Place>& places);
};
constexpr Shell kShells[] = {{"bash", BashScript}, {"zsh", ZshScript}, {"fish", FishScript}};

}  // namespace

void DefineCompletion(CLI::App& command, Globals&, Outcome&) {
  auto shell = std::make_shared<std::string>();
  std::vector<std::string> names;
  for (const Shell& row : kShells) names.emplace_back(row.name);
  command.add_option("shell", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember(names));
  command.footer("For bash, in ~/.bashrc:  source <(keelrow completion bash)");
  command.callback([&command, shell] {
    std::vector<Place> places;
    AddPlaces(*command.get_parent(), "", places);
    for (const Shell& row : kShells) {
      if (row.name == *shell) fmt::print("{}", row.script(places));
    }
  });
}

}  // namespace keelrow::cli
