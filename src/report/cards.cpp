#include "report/cards.h"

#include <fmt/format.h>

#include <cstdint>

#include "report/html.h"

namespace keelrow::report {
namespace {

constexpr uint32_t kPixelArt = 96;  // smaller pictures are enlarged with sharp pixels

/// Width in the PNG header: 8 bytes of signature, length and "IHDR", then the width, big-endian.
uint32_t PngWidth(std::string_view png) {
  if (png.size() < 24) return 0;
  uint32_t width = 0;
  for (size_t i = 16; i < 20; ++i) width = width << 8 | static_cast<unsigned char>(png[i]);
  return width;
}

}  // namespace

std::string Picture(const std::string& id, const std::map<std::string, std::string>& pictures) {
  const auto found = pictures.find(id);
  if (found == pictures.end()) return "<div class=\"blank\">no picture</div>";
  const std::string& png = found->second;
  return fmt::format("<img alt=\"{}\" class=\"{}\" src=\"{}\">", Escape(id),
                     PngWidth(png) < kPixelArt ? "sharp" : "smooth", PngUri(png));
}

std::string CardOf(const std::string& id, std::string_view caption,
                   const std::map<std::string, std::string>& pictures) {
  return fmt::format("<li>{}{}<p class=\"id\" title=\"{}\">{}</p></li>", Picture(id, pictures),
                     caption, Escape(id), Escape(id));
}

std::string Cards(std::span<const Card> cards, const std::map<std::string, std::string>& pictures) {
  std::string items;
  for (const Card& card : cards) {
    items += CardOf(
        card.id,
        fmt::format("<p class=\"swap\"><b>{}</b> → <b class=\"wrong\">{}</b> <span>({})</span></p>",
                    Escape(card.from), Escape(card.to), Percent(card.probability, 1)),
        pictures);
  }
  return "<ul class=\"cards\">" + items + "</ul>";
}

}  // namespace keelrow::report
