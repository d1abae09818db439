// Checksums, a manifest and its preprocessing, written again, read as the same, and a folder of
// them is opened or refused with an Error. A bundle opens only if it lists exactly the files it
// has.
#include <fstream>

#include "base/files.h"
#include "base/hash.h"
#include "bundle/bundle.h"
#include "bundle/checksums.h"
#include "bundle/mlmodel.h"
#include "require.h"
#include "transforms/chain.h"

namespace keelrow::fuzz {
namespace {

/// Not durable, and so hundreds of times faster than the bundle's own way.
void Write(const fs::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// A bundle of three small files in a folder of this process.
class Folder {
 public:
  bool Opens(std::string_view manifest, std::string_view sums) const {
    Write(path_.path() / "bundle.json", manifest);
    Write(path_.path() / "metrics.json", kMetrics);
    Write(path_.path() / "SHA256SUMS", sums);
    try {
      const auto opened = bundle::Bundle::Open(path_.path());
      Require(opened.Read("bundle.json") == manifest, "a file is what was checked");
      return true;
    } catch (const Error&) {
      return false;
    }
  }
  static bundle::Checksums RightSums(std::string_view manifest) {
    return {{"bundle.json", Sha256Hex(manifest)}, {"metrics.json", Sha256Hex(kMetrics)}};
  }

 private:
  static constexpr std::string_view kMetrics = "{}";
  TemporaryFolder path_;
};

const Folder& TheFolder() {
  static const Folder folder;
  return folder;
}

const std::string kGoodManifest = bundle::Manifest{.name = "a", .task = "b"}.ToJson().dump();

void CheckSums(std::string_view text) {
  const auto sums = bundle::ParseChecksums(text, "SHA256SUMS");
  if (!sums) return;
  const auto again = bundle::ParseChecksums(bundle::FormatChecksums(*sums), "SHA256SUMS");
  Require(again && *again == *sums, "checksums read as they were written");
  Require(TheFolder().Opens(kGoodManifest, text) == (*sums == Folder::RightSums(kGoodManifest)),
          "a bundle opens if its checksums are right");
}

void CheckPreprocess(const Json& preprocess) {
  try {
    const Json written = transforms::Chain::FromJson(preprocess, "bundle.json").ToJson();
    Require(transforms::Chain::FromJson(written, "bundle.json").ToJson() == written,
            "preprocessing reads as it was written");
  } catch (const Error&) {
  }
}

std::optional<bundle::Manifest> ParseManifest(std::string_view text) {
  const auto json = ParseJson(text, "bundle.json");
  if (!json) return std::nullopt;
  try {
    return bundle::Manifest::FromJson(*json, "bundle.json");
  } catch (const Error&) {
    return std::nullopt;
  }
}

void CheckManifest(std::string_view text) {
  const auto manifest = ParseManifest(text);
  if (!manifest) return;
  const Json written = manifest->ToJson();
  Require(bundle::Manifest::FromJson(written, "bundle.json").ToJson() == written,
          "a manifest reads as it was written");
  Require(!bundle::MlModelText(*manifest).empty(), "MLflow's file can be written");
  CheckPreprocess(manifest->preprocess);
  const std::string sums = bundle::FormatChecksums(Folder::RightSums(text));
  Require(TheFolder().Opens(text, sums), "a bundle with a sound manifest opens");
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = keelrow::fuzz::Text(data, size);
  keelrow::fuzz::CheckSums(text);
  keelrow::fuzz::CheckManifest(text);
  return 0;
}
