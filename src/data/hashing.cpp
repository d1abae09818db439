#include "data/hashing.h"

#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/parallel.h"
#include "data/source_kinds.h"

namespace keelrow::data {
namespace {

/// Names travel through JSON, which holds UTF-8 only. A name that is not would come back as
/// another, and its file would not be found.
void RequireUtf8(const std::string& id) {
  try {
    (void)Json(id).dump();
  } catch (const Json::exception&) {
    throw Error(Code::kBadExample,
                "the name of " + Json(id).dump(-1, ' ', false, Json::error_handler_t::replace) +
                    " is not UTF-8",
                {.hint = "rename it; `convmv` does whole folders"});
  }
}

}  // namespace

std::vector<FileStamp> HashExamples(const HashJob& job, std::vector<Example>& examples) {
  StatCache cache(job.stat_cache);
  std::vector<FileStamp> stamps(examples.size());
  ParallelFor(examples.size(), [&](size_t i) {
    RequireUtf8(examples[i].id);
    stamps[i] = job.stamp(examples[i]);
    const auto known = cache.Find(examples[i].id, stamps[i]);
    examples[i].content_hash = known ? *known : Sha256Hex(job.read(examples[i]));
  });
  for (size_t i = 0; i < examples.size(); ++i) {
    cache.Record(examples[i].id, stamps[i], examples[i].content_hash);
  }
  cache.Save();
  return stamps;
}

void HashFiles(const fs::path& folder, const fs::path& stat_cache, std::vector<Example>& examples) {
  const auto stamps = HashExamples(
      {.stamp = [&](const Example& example) { return FileStamp::Of(folder / example.id); },
       .read = [&](const Example& example) { return ReadExampleFile(folder / example.id).Value(); },
       .stat_cache = stat_cache},
      examples);
  for (size_t i = 0; i < examples.size(); ++i) examples[i].size = stamps[i].size;
}

Expected<std::string> ReadExampleFile(const fs::path& path) {
  try {
    return ReadFile(path, kExampleBytesMax);
  } catch (const Error& error) {
    return error;
  }
}

}  // namespace keelrow::data
