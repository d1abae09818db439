#include "report/svg.h"

#include <fmt/format.h>

#include "report/html.h"

namespace keelrow::report {
namespace {

/// A tenth of a pixel is finer than any screen shows; fewer digits keep the page small.
std::string Px(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

std::string Tip(const std::string& tip) {
  return tip.empty() ? "" : fmt::format("<title>{}</title>", Escape(tip));
}

}  // namespace

Svg::Svg(Size size, std::string_view label)
    : text_(fmt::format("<svg viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" "
                        "aria-label=\"{2}\">\n",
                        Px(size.width), Px(size.height), Escape(label))) {}

/// Ends an open tag: class, opacity, and the tip where there is one.
void Svg::Close(std::string_view element, const Look& look) {
  text_ += fmt::format(" class=\"{}\"", look.css_class);
  if (look.opacity < 1) text_ += fmt::format(" opacity=\"{:.2f}\"", look.opacity);
  text_ += look.tip.empty() ? "/>\n" : fmt::format(">{}</{}>\n", Tip(look.tip), element);
}

void Svg::Line(const Segment& segment, const Look& look) {
  text_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"", Px(segment.from.x),
                       Px(segment.from.y), Px(segment.to.x), Px(segment.to.y));
  Close("line", look);
}

void Svg::Rect(const Box& box, const Look& look) {
  text_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", Px(box.x), Px(box.y),
                       Px(box.width), Px(box.height));
  Close("rect", look);
}

void Svg::Dot(Point centre, const Look& look) {
  text_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"3.2\"", Px(centre.x), Px(centre.y));
  Close("circle", look);
}

void Svg::Polyline(const std::vector<Point>& points, const Look& look) {
  text_ += "<polyline points=\"";
  for (const Point& point : points) text_ += fmt::format("{},{} ", Px(point.x), Px(point.y));
  text_ += '"';
  Close("polyline", look);
}

void Svg::Text(Point at, std::string_view text, const TextLook& look) {
  text_ += fmt::format("<text x=\"{}\" y=\"{}\" class=\"{}\"", Px(at.x), Px(at.y), look.css_class);
  if (look.anchor != "start") text_ += fmt::format(" text-anchor=\"{}\"", look.anchor);
  if (look.turn_degrees != 0) {
    text_ +=
        fmt::format(" transform=\"rotate({} {} {})\"", Px(look.turn_degrees), Px(at.x), Px(at.y));
  }
  text_ += fmt::format(">{}{}</text>\n", Tip(look.tip), Escape(text));
}

/// An inner drawing with the outer one's coordinates: a clip path would need names of its own.
void Svg::Clip(const Box& box) {
  text_ += fmt::format(
      "<svg x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{3}\" viewBox=\"{0} {1} {2} {3}\">\n",
      Px(box.x), Px(box.y), Px(box.width), Px(box.height));
}

void Svg::Unclip() {
  text_ += "</svg>\n";
}

std::string Svg::Finish() && {
  return std::move(text_) + "</svg>";
}

}  // namespace keelrow::report
