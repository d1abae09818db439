#include <fmt/format.h>

#include "report/html.h"
#include "report/sections.h"

namespace keelrow::report {
namespace {

using evaluate::Mistake;

constexpr uint32_t kPixelArt = 96;  // smaller pictures are enlarged with sharp pixels

/// Width in the PNG header: 8 bytes of signature, length and "IHDR", then the width, big-endian.
uint32_t PngWidth(std::string_view png) {
  if (png.size() < 24) return 0;
  uint32_t width = 0;
  for (size_t i = 16; i < 20; ++i) width = width << 8 | static_cast<unsigned char>(png[i]);
  return width;
}

std::string Picture(const ReportInput& input, const Mistake& mistake) {
  const auto found = input.pictures.find(mistake.id);
  if (found == input.pictures.end()) return "<div class=\"blank\">no picture</div>";
  const std::string& png = found->second;
  return fmt::format("<img alt=\"{}\" class=\"{}\" src=\"{}\">", Escape(mistake.id),
                     PngWidth(png) < kPixelArt ? "sharp" : "smooth", PngUri(png));
}

std::string Card(const ReportInput& input, const Mistake& mistake) {
  const auto& labels = input.test.classes;
  return fmt::format(
      "<li>{}<p class=\"swap\"><b>{}</b> → <b class=\"wrong\">{}</b> <span>({})</span></p>"
      "<p class=\"id\" title=\"{}\">{}</p></li>",
      Picture(input, mistake), Escape(labels[mistake.truth]), Escape(labels[mistake.predicted]),
      Percent(mistake.probability, 1), Escape(mistake.id), Escape(mistake.id));
}

}  // namespace

std::string MistakesSection(const ReportInput& input) {
  const auto& worst = input.test.worst;
  if (worst.empty()) return "<p class=\"quiet\">There are none on the test set.</p>";
  std::string cards;
  for (const Mistake& mistake : worst) cards += Card(input, mistake);
  return "<p class=\"quiet\">truth → predicted (its probability)</p><ul class=\"cards\">" + cards +
         "</ul>";
}

}  // namespace keelrow::report
