#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "base/parallel.h"
#include "cli/commands.h"
#include "data/image_encode.h"
#include "project/job_source.h"
#include "report/html.h"
#include "transforms/affine.h"
#include "transforms/chain.h"
#include "transforms/resample.h"

namespace keelrow::cli {
namespace {

using data::Image;
using transforms::PictureSize;

struct PreviewArguments {
  std::string file;
  int pictures = 8;
  int variants = 6;
};

/// A picture as it comes to the augmentation, and what epochs 0, 1, … make of it.
struct PreviewRow {
  data::Example example;
  Image plain;
  std::vector<Image> variants;
};

constexpr int kTileMin = 96;  // smaller pictures are shown with larger pixels
constexpr int kGap = 4;
constexpr uint8_t kWhite = 255;

/// Examples evenly over the whole list, which is sorted, so over all classes.
std::vector<data::Example> Chosen(const std::vector<data::Example>& examples, int count) {
  const size_t wanted = std::min(static_cast<size_t>(count), examples.size());
  std::vector<data::Example> chosen;
  for (size_t i = 0; i < wanted; ++i) chosen.push_back(examples[i * examples.size() / wanted]);
  return chosen;
}

/// For the eye: RGB, and large enough.
Image Tile(Image image) {
  const int factor = (kTileMin + image.height - 1) / image.height;
  image = data::ConvertTo(data::ColorMode::kRgb, std::move(image));
  return transforms::Resample(image, {.width = image.width * factor,
                                      .height = image.height * factor,
                                      .filter = transforms::Filter::kNearest});
}

std::vector<PreviewRow> MakeRows(const project::LoadedProject& loaded,
                                 const std::filesystem::path& folder,
                                 const PreviewArguments& arguments) {
  const transforms::Chain chain(loaded.project.prepare);
  const transforms::AugmentationChain augmentation(loaded.project.augment);
  if (augmentation.empty()) {
    throw Error(Code::kBadValue, "the project has no `augment` to preview",
                {.hint = "add one, such as `augment: [{flip: {horizontal: true}}]`"});
  }
  const job::StepJob job{.config = loaded.canonical, .project_folder = folder};
  const auto source = project::OpenJobSource(job);
  const std::vector<data::Example> chosen = Chosen(source->List(), arguments.pictures);
  std::vector<PreviewRow> rows(chosen.size());
  ParallelFor(rows.size(), [&](size_t i) {
    const transforms::Payload plain = chain.Head(source->Read(chosen[i]).Value());
    rows[i] = {.example = chosen[i], .plain = Tile(std::get<Image>(plain)), .variants = {}};
    for (int epoch = 0; epoch < arguments.variants; ++epoch) {
      Random random(loaded.project.seed, transforms::StreamOf(chosen[i].id),
                    {static_cast<uint64_t>(epoch)});
      rows[i].variants.push_back(Tile(std::get<Image>(augmentation.Apply(plain, random))));
    }
  });
  return rows;
}

void Paste(const Image& tile, int left, int top, Image& sheet) {
  for (int y = 0; y < tile.height; ++y) {
    std::copy_n(tile.Row(y), tile.RowBytes(), sheet.Row(top + y) + std::ptrdiff_t{left} * 3);
  }
}

/// Of the largest tile of a row.
PictureSize SizeOf(const PreviewRow& row) {
  PictureSize size{.width = row.plain.width, .height = row.plain.height};
  for (const Image& variant : row.variants) {
    size.width = std::max(size.width, variant.width);
    size.height = std::max(size.height, variant.height);
  }
  return size;
}

/// A row of tiles a picture; the plain one first, behind a wider gap the changed ones.
Image Sheet(const std::vector<PreviewRow>& rows) {
  int tile_width = 0;
  int height = kGap;
  for (const PreviewRow& row : rows) {
    const PictureSize size = SizeOf(row);
    tile_width = std::max(tile_width, size.width);
    height += size.height + kGap;
  }
  const auto columns = static_cast<int>(rows.front().variants.size());
  Image sheet = Image::Blank((columns + 1) * (tile_width + kGap) + 3 * kGap, height, 3);
  std::ranges::fill(sheet.pixels, kWhite);
  int top = kGap;
  for (const PreviewRow& row : rows) {
    Paste(row.plain, kGap, top, sheet);
    int left = tile_width + 4 * kGap;
    for (const Image& variant : row.variants) {
      Paste(variant, left, top, sheet);
      left += tile_width + kGap;
    }
    top += SizeOf(row).height + kGap;
  }
  return sheet;
}

std::string Picture(const Image& image, const std::string& title) {
  return fmt::format("<td><img title=\"{}\" src=\"{}\"></td>", report::Escape(title),
                     report::PngUri(data::EncodePng(image)));
}

std::string Page(const std::vector<PreviewRow>& rows, const std::string& name) {
  const std::string title = report::Escape(name) + ": what augment makes of its pictures";
  std::string page = fmt::format(
      "<!doctype html><meta charset=\"utf-8\"><title>{0}</title>"
      "<style>body{{font:14px system-ui,sans-serif;margin:2em}}td,th{{padding:2px;text-align:left}}"
      "td:nth-child(2){{padding-right:1em}}</style><h1>{0}</h1><table><tr><th>example<th>as it is",
      title);
  for (size_t epoch = 0; epoch < rows.front().variants.size(); ++epoch) {
    page += fmt::format("<th>epoch {}", epoch);
  }
  for (const PreviewRow& row : rows) {
    page += fmt::format("\n<tr><th>{}<br>{}{}", report::Escape(row.example.label),
                        report::Escape(row.example.id), Picture(row.plain, row.example.id));
    for (size_t epoch = 0; epoch < row.variants.size(); ++epoch) {
      page += Picture(row.variants[epoch], fmt::format("{}, epoch {}", row.example.id, epoch));
    }
  }
  return page + "\n</table>\n";
}

void Preview(const Globals& globals, const PreviewArguments& arguments) {
  const fs::path file = arguments.file;
  if (file.extension() != ".png" && file.extension() != ".html") {
    throw Error(Code::kUsage, fmt::format("{} ends neither with .png nor .html", file.string()),
                {.hint = "the ending says what is written"});
  }
  const project::LoadedProject loaded = globals.LoadProject();
  const pipeline::Workspace workspace = globals.OpenWorkspace();
  const std::vector<PreviewRow> rows = MakeRows(loaded, workspace.project_folder(), arguments);
  WriteFileDurably(file, file.extension() == ".png" ? data::EncodePng(Sheet(rows))
                                                    : Page(rows, loaded.project.name));
  if (globals.json()) {
    fmt::print(
        "{}\n",
        Json{{"file", file.string()}, {"pictures", rows.size()}, {"variants", arguments.variants}}
            .dump());
  } else if (!globals.quiet) {
    fmt::print("{}: {} pictures, each as it is and as training sees it in epochs 0 to {}\n",
               file.string(), rows.size(), arguments.variants - 1);
  }
}

}  // namespace

void DefineAugment(CLI::App& command, Globals& globals) {
  auto arguments = std::make_shared<PreviewArguments>();
  command.fallthrough();
  command
      .add_option("--preview", arguments->file,
                  "Write a contact sheet: FILE.png, or FILE.html with names")
      ->required();
  command.add_option("--pictures", arguments->pictures, "So many pictures, evenly over all")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_option("--variants", arguments->variants, "So many changed ones of each")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command.callback([&globals, arguments] { Preview(globals, *arguments); });
}

}  // namespace keelrow::cli
