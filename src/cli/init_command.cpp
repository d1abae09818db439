#include <fmt/format.h>

#include "base/files.h"
#include "cli/commands.h"
#include "cli/sample_pictures.h"
#include "cli/templates.h"

namespace keelrow::cli {
namespace {

std::string ProjectNameFor(const fs::path& folder) {
  fs::path path = fs::absolute(folder).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // "flowers/", "."
  std::string name;
  for (const char c : path.filename().string()) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    name += plain ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : '-';
  }
  return name.empty() ? "project" : name;
}

/// As it must be typed.
std::string ShellWord(const std::string& text) {
  constexpr auto kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./+,:@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

constexpr const char* kSample = "sample";

/// Relative to the project when it lies in it or beside it, so that both can be moved together.
std::string SourceAsWritten(const std::string& source, const fs::path& folder) {
  const fs::path absolute = fs::canonical(source);
  const fs::path relative = fs::relative(absolute, folder);
  return (relative.string().starts_with("../../") ? absolute : relative).string();
}

/// The user may have rules of their own there already.
void IgnoreWorkspace(const fs::path& folder) {
  const fs::path file = folder / ".gitignore";
  if (!fs::exists(file)) return WriteFileDurably(file, ".keelrow/\n");
  if (ReadFile(file).find(".keelrow") != std::string::npos) return;
  fmt::print("{} stays as it is: add the line .keelrow/ to it\n", file.string());
}

/// Nothing of the user's is written over.
void RequireAbsent(const fs::path& path, const char* hint) {
  if (!fs::exists(path)) return;
  throw Error(Code::kConflict, fmt::format("{} exists already", path.string()), {.hint = hint});
}

/// Without a source of the user's own, pictures are drawn: the project runs as it is.
void WriteProject(const fs::path& folder, const std::string& task, const std::string& source) {
  const fs::path file = folder / "keelrow.yaml";
  RequireAbsent(file, "choose another folder");
  if (source.empty()) RequireAbsent(folder / kSample, "name your pictures with --source");
  MakeFolders(folder);
  if (source.empty()) WriteSamplePictures(folder / kSample);
  const std::string named = source.empty() ? kSample : SourceAsWritten(source, folder);
  WriteFileDurably(file, ProjectTemplate(task, ProjectNameFor(folder), named));
  fmt::print("Wrote {}\n", file.string());
  IgnoreWorkspace(folder);
  fmt::print("\nNext:\n");
  if (source.empty()) {
    fmt::print(
        "  - it runs as it is, on drawn shapes: `data.source` in it names your pictures,\n"
        "    a folder for each class\n");
  }
  fmt::print("  - cd {} && keelrow run\n  - keelrow up\n", ShellWord(folder.string()));
}

}  // namespace

void DefineInit(CLI::App& command, Globals&, Outcome&) {
  auto folder = std::make_shared<std::string>(".");
  auto task = std::make_shared<std::string>("image");
  auto source = std::make_shared<std::string>();
  command.add_option("dir", *folder, "The folder of the new project")->capture_default_str();
  command.add_option("-t,--template", *task, "What is learned: image")
      ->check(CLI::IsMember({"image"}))
      ->capture_default_str();
  command.add_option("--source", *source, "Your pictures; without it, some are drawn")
      ->check(CLI::ExistingPath);
  command.callback([folder, task, source] { WriteProject(*folder, *task, *source); });
}

}  // namespace keelrow::cli
