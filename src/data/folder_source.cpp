#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "data/hashing.h"
#include "data/source_kinds.h"

namespace keelrow::data {
namespace {

/// ROOT/CLASS/…/file. A link to a file is followed when it stays inside ROOT; links to folders are
/// refused, for they can go in circles.
class FolderSource : public Source {
 public:
  explicit FolderSource(const SourceOptions& options)
      : root_(options.path), stat_cache_(options.stat_cache) {}

  std::vector<Example> List() const override {
    std::vector<Example> examples;
    for (const auto& entry : Entries(root_)) {
      if (!entry.is_directory()) continue;
      if (entry.is_symlink()) CheckLink(entry);
      AddClass(entry, examples);
    }
    if (examples.empty()) {
      throw Error(Code::kNoData, fmt::format("{} holds no examples", root_.string()),
                  {.hint = "expected one folder for each class, with the pictures in it: " +
                           (root_ / "CLASS" / "picture.png").string()});
    }
    std::ranges::sort(examples, {}, &Example::id);
    HashFiles(root_, stat_cache_, examples);
    return examples;
  }

  std::string Locate(const Example& example) const override {
    return (root_ / example.id).string();
  }

 protected:
  Expected<std::string> ReadBytes(const Example& example) const override {
    return ReadExampleFile(root_ / example.id);
  }

 private:
  void AddClass(const fs::directory_entry& folder, std::vector<Example>& examples) const {
    const std::string label = folder.path().filename().string();
    const size_t before = examples.size();
    AddFiles(folder.path(), {.id = label, .label = label}, examples);
    if (examples.size() > before) return;
    throw Error(Code::kNoData, fmt::format("the folder of class `{}` is empty", label),
                {.hint = "put examples into " + folder.path().string() + ", or remove it"});
  }

  void AddFiles(const fs::path& folder, const Example& parent,
                std::vector<Example>& examples) const {
    for (const auto& entry : Entries(folder)) {
      Example example = parent;
      example.id += "/" + entry.path().filename().string();
      if (entry.is_symlink()) CheckLink(entry);
      if (entry.is_directory()) {
        AddFiles(entry.path(), example, examples);
      } else if (entry.is_regular_file()) {
        examples.push_back(std::move(example));
      }
    }
  }

  void CheckLink(const fs::directory_entry& entry) const {
    RequireInside(root_, entry.path());
    if (!entry.is_directory()) return;
    throw Error(Code::kBadExample, fmt::format("{} is a link to a folder", entry.path().string()),
                {.hint = "copy what it points at into the source"});
  }

  static std::vector<fs::directory_entry> Entries(const fs::path& folder) {
    std::vector<fs::directory_entry> entries;
    std::error_code failure;
    fs::directory_iterator iterator(folder, failure);
    for (; !failure && iterator != fs::directory_iterator(); iterator.increment(failure)) {
      if (!IsHidden(iterator->path().filename().string())) entries.push_back(*iterator);
    }
    if (failure) {
      errno = failure.value();
      throw ErrnoError("list", folder.string());
    }
    return entries;
  }

  fs::path root_;
  fs::path stat_cache_;
};

}  // namespace

const SourceKind kFolderSource{
    .name = "folder",
    .help = "one folder for each class",
    .matches = [](const fs::path& path) { return fs::is_directory(path); },
    .open = [](const SourceOptions& options) -> std::unique_ptr<Source> {
      return std::make_unique<FolderSource>(options);
    }};

}  // namespace keelrow::data
