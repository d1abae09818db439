#include "engine/compiled_store.h"

#include <fmt/format.h>

#include <array>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"

namespace keelrow::engine {
namespace {

using bundle::TensorSpec;

// A file: this line, the length of the blob, what stands in the head as JSON, blanks up to a whole
// page (the engine reads its weights where they lie), the blob.
constexpr std::string_view kMagic = "keelrow compiled network 1\n";
constexpr size_t kPage = 4096;
constexpr size_t kHeadMax = size_t{1} << 20;

Json ToJson(const std::vector<TensorSpec>& specs) {
  Json list = Json::array();
  for (const TensorSpec& spec : specs) {
    list.push_back(
        {{"name", spec.name}, {"dtype", std::string(Name(spec.dtype))}, {"shape", spec.shape}});
  }
  return list;
}

std::vector<TensorSpec> FromJson(const Json& list) {
  std::vector<TensorSpec> specs;
  for (const Json& spec : list) {
    specs.push_back({.name = spec.at("name"),
                     .dtype = FindDType(spec.at("dtype").get<std::string>()).value(),
                     .shape = spec.at("shape")});
  }
  return specs;
}

/// The line at the front of `text`, without its end; both are taken off.
std::string_view TakeLine(std::string_view& text) {
  const std::string_view line = text.substr(0, std::min(text.find('\n'), text.size()));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

}  // namespace

CompiledStore::CompiledStore(std::filesystem::path folder, std::string_view key)
    : folder_(std::move(folder)), name_(Sha256Hex(key).substr(0, 32)) {}

std::filesystem::path CompiledStore::FileOf(int64_t rows) const {
  return folder_ / fmt::format("{}-{}.blob", name_, rows);
}

std::optional<StoredNetwork> CompiledStore::Find(int64_t rows) const {
  if (folder_.empty()) return std::nullopt;
  try {
    auto file = std::make_shared<const MappedFile>(FileOf(rows));
    std::string_view text = file->bytes();
    if (!text.starts_with(kMagic)) return std::nullopt;
    text.remove_prefix(kMagic.size());
    const Json head = ParseJson(TakeLine(text), "the head", {.size_max = kHeadMax}).Value();
    const auto size = head.at("size").get<size_t>();
    const std::string_view all = file->bytes();
    const size_t begin = (all.size() - text.size() + kPage - 1) / kPage * kPage;
    if (begin > all.size() || all.size() - begin != size) return std::nullopt;
    return StoredNetwork{.inputs = FromJson(head.at("inputs")),
                         .outputs = FromJson(head.at("outputs")),
                         .file = std::move(file),
                         .blob = all.substr(begin)};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

void CompiledStore::Keep(int64_t rows, const std::vector<TensorSpec>& inputs,
                         const std::vector<TensorSpec>& outputs, std::string_view blob) const {
  if (folder_.empty()) return;
  std::string head(kMagic);
  head +=
      Json{{"size", blob.size()}, {"inputs", ToJson(inputs)}, {"outputs", ToJson(outputs)}}.dump(
          -1, ' ', true) +
      '\n';
  head.resize((head.size() + kPage - 1) / kPage * kPage, ' ');
  try {
    const std::array<std::string_view, 2> pieces = {head, blob};
    WriteFileDurably(FileOf(rows), pieces);
  } catch (const Error&) {
    // A full disk, a folder that is gone: the next start compiles again.
  }
}

}  // namespace keelrow::engine
