// The pictures per second that `prepare` decodes and resizes on one thread; the peer is
// peers/resize.py. Prints one line of JSON.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "data/image_decode.h"
#include "guarded_main.h"
#include "transforms/resample.h"

namespace keelrow::transforms {
namespace {

struct Options {
  std::string pictures;
  int rounds = 1;
};

constexpr Filter kFilters[] = {Filter::kBilinear, Filter::kBicubic, Filter::kBox, Filter::kLanczos};

std::vector<std::string> FilesOf(const std::string& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<std::string> files;
  for (const fs::path& path : paths) files.push_back(ReadFile(path));
  return files;
}

/// Each file is decoded and resized to 224 x 224, once by each filter.
void Measure(const Options& options) {
  using Clock = std::chrono::steady_clock;
  const std::vector<std::string> files = FilesOf(options.pictures);
  std::vector<data::Image> out;
  const Clock::time_point start = Clock::now();
  for (int round = 0; round < options.rounds; ++round) {
    out.clear();
    for (const Filter filter : kFilters) {
      for (const std::string& file : files) {
        out.push_back(Resample(data::DecodeImage(file).Value(),
                               {.width = 224, .height = 224, .filter = filter}));
      }
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::string pixels;
  for (const data::Image& image : out) pixels.append(image.pixels.begin(), image.pixels.end());
  const auto count = static_cast<double>(out.size()) * options.rounds;
  fmt::print("{}\n", Json{{"pictures_per_second", count / seconds},
                          {"pictures", out.size()},
                          {"sha256", Sha256Hex(std::as_bytes(std::span(pixels)))}}
                         .dump());
}

int Main(int argc, char** argv) {
  CLI::App app("Pictures per second of decode and resize.", "bench-resize");
  Options options;
  app.add_option("--pictures", options.pictures, "A folder of files")->required();
  app.add_option("--rounds", options.rounds);
  CLI11_PARSE(app, argc, argv);
  Measure(options);
  return 0;
}

}  // namespace
}  // namespace keelrow::transforms

int main(int argc, char** argv) {
  return keelrow::bench::GuardedMain(keelrow::transforms::Main, argc, argv);
}
