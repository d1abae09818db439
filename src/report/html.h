#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace keelrow::report {

/// Text for HTML and SVG, inside elements and inside double-quoted attributes. Labels, ids and
/// file names are written by strangers: every one of them passes through here.
std::string Escape(std::string_view text);

/// `<span class="CLASS">TEXT</span>`, escaped.
std::string Span(std::string_view css_class, std::string_view text);

/// The bytes of a PNG file as the `src` of an image, so that a page needs no other file.
std::string PngUri(std::string_view png);

/// As people read them: "98.72 %", "0.0413", "1,234,567".
std::string Percent(double share, int digits = 2);
std::string Number(double value);
std::string Count(uint64_t value);

/// At most `columns` characters (not bytes) of UTF-8; where cut, "…" stands in the middle, since
/// the ends of names tell them apart.
std::string Shorten(std::string_view text, size_t columns);

}  // namespace keelrow::report
