#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "data/hashing.h"
#include "data/source_kinds.h"
#include "data/tar.h"

namespace keelrow::data {
namespace {

std::string_view FirstPart(std::string_view name) {
  return name.substr(0, name.find('/'));
}

/// Names inside are CLASS/…/file, or PREFIX/CLASS/…/file when all start with the same folder, as
/// archives made from a folder do.
class TarSource : public Source {
 public:
  explicit TarSource(const SourceOptions& options)
      : path_(options.path), stat_cache_(options.stat_cache), bytes_(OpenFile(options.path)) {}

  std::vector<Example> List() const override {
    std::vector<Example> examples = Index();
    std::ranges::sort(examples, {}, &Example::id);
    const FileStamp stamp = FileStamp::Of(path_);
    HashExamples({.stamp = [&](const Example&) { return stamp; },
                  .read = [&](const Example& e) { return ReadBytes(e).Value(); },
                  .stat_cache = stat_cache_},
                 examples);
    return examples;
  }

  std::string Locate(const Example& example) const override {
    return path_.string() + ":" + example.id;
  }

 protected:
  Expected<std::string> ReadBytes(const Example& example) const override {
    if (example.size > kExampleBytesMax) {
      return Error(Code::kLimit,
                   fmt::format("{} in {} has {} bytes", example.id, path_.string(), example.size));
    }
    std::string content(example.size, '\0');
    if (const auto read = bytes_->ReadAt(example.offset, content); !read) return read.error();
    return content;
  }

 private:
  std::vector<Example> Index() const {
    Expected<std::vector<TarEntry>> entries = ReadTarIndex(*bytes_);
    if (!entries) throw entries.error().Wrap(fmt::format("{} cannot be used", path_.string()));
    std::erase_if(*entries, [](const TarEntry& entry) { return IsHidden(entry.name); });
    if (entries->empty()) {
      throw Error(Code::kNoData, fmt::format("{} holds no files", path_.string()));
    }
    const size_t prefix = PrefixLength(*entries);
    std::vector<Example> examples;
    for (const TarEntry& entry : *entries) examples.push_back(ToExample(entry, prefix));
    return examples;
  }

  static size_t PrefixLength(const std::vector<TarEntry>& entries) {
    const std::string_view first = FirstPart(entries.front().name);
    const bool shared = std::ranges::all_of(entries, [&](const TarEntry& entry) {
      const std::string_view name = entry.name;
      return FirstPart(name) == first && std::ranges::count(name, '/') >= 2;
    });
    return shared ? first.size() + 1 : 0;
  }

  Example ToExample(const TarEntry& entry, size_t prefix) const {
    const std::string_view inner = std::string_view(entry.name).substr(prefix);
    if (inner.find('/') == std::string_view::npos) {
      throw Error(Code::kBadExample,
                  fmt::format("`{}` in {} lies in no class folder", entry.name, path_.string()),
                  {.hint = "expected CLASS/file or FOLDER/CLASS/file inside the archive"});
    }
    return {.id = std::string(inner),
            .label = std::string(FirstPart(inner)),
            .size = entry.size,
            .offset = entry.offset};
  }

  fs::path path_;
  fs::path stat_cache_;
  std::unique_ptr<ByteSource> bytes_;
};

}  // namespace

const SourceKind kTarSource{
    .name = "tar",
    .help = "a .tar with CLASS/file or FOLDER/CLASS/file inside",
    .matches = [](const fs::path& path) { return path.extension() == ".tar"; },
    .open = [](const SourceOptions& options) -> std::unique_ptr<Source> {
      return std::make_unique<TarSource>(options);
    }};

}  // namespace keelrow::data
