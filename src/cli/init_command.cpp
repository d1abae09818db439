#include <fmt/format.h>

#include "base/files.h"
#include "cli/commands.h"
#include "cli/templates.h"

namespace keelrow::cli {
namespace {

std::string ProjectNameFor(const fs::path& folder) {
  std::string name;
  for (const char c : fs::absolute(folder).lexically_normal().filename().string()) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    name += plain ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : '-';
  }
  return name.empty() ? "project" : name;
}

void WriteProject(const fs::path& folder, const std::string& task, const std::string& source) {
  const fs::path file = folder / "keelrow.yaml";
  if (fs::exists(file)) {
    throw Error(Code::kConflict, fmt::format("{} exists already", file.string()),
                {.hint = "choose another folder"});
  }
  MakeFolders(folder);
  WriteFileDurably(file, ProjectTemplate(task, ProjectNameFor(folder), source));
  WriteFileDurably(folder / ".gitignore", ".keelrow/\n");
  fmt::print(
      "Wrote {}\n\nNext:\n  1. put pictures into {}, a folder for each class\n"
      "  2. cd {} && keelrow run\n  3. keelrow up\n",
      file.string(), (folder / source).string(), folder.string());
}

}  // namespace

void DefineInit(CLI::App& command, Globals&, Outcome&) {
  auto folder = std::make_shared<std::string>(".");
  auto task = std::make_shared<std::string>("image");
  auto source = std::make_shared<std::string>("data");
  command.add_option("dir", *folder, "The folder of the new project")->capture_default_str();
  command.add_option("-t,--template", *task, "What is learned: image")
      ->check(CLI::IsMember({"image"}))
      ->capture_default_str();
  command.add_option("--source", *source, "Where the data lies")->capture_default_str();
  command.callback([folder, task, source] { WriteProject(*folder, *task, *source); });
}

}  // namespace keelrow::cli
