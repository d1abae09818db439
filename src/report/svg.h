#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keelrow::report {

struct Point {
  double x = 0;
  double y = 0;
};

struct Segment {
  Point from;
  Point to;
};

struct Box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

/// Writes one SVG drawing for an HTML page. Colours and fonts come from CSS classes (report.css),
/// so that a drawing follows light, dark and print. All text is escaped here; a `tip` becomes the
/// browser's own tooltip.
class Svg {
 public:
  struct Size {
    double width = 0;
    double height = 0;
  };
  struct Look {
    std::string_view css_class;
    double opacity = 1;
    std::string tip = {};
  };
  struct TextLook {
    std::string_view css_class = "tick";
    std::string_view anchor = "start";  // start | middle | end
    double turn_degrees = 0;            // about the text's own point
    std::string tip = {};
  };

  /// `label` is read to people who do not see the drawing.
  Svg(Size size, std::string_view label);

  void Line(const Segment& segment, const Look& look);
  void Rect(const Box& box, const Look& look);
  void Dot(Point centre, const Look& look);
  void Polyline(const std::vector<Point>& points, const Look& look);
  void Text(Point at, std::string_view text, const TextLook& look);
  /// What is drawn until Unclip is seen inside the box only.
  void Clip(const Box& box);
  void Unclip();
  std::string Finish() &&;

 private:
  void Close(std::string_view element, const Look& look);

  std::string text_;
};

}  // namespace keelrow::report
