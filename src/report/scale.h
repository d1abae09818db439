#pragma once

#include <string>
#include <vector>

namespace keelrow::report {

struct Range {
  double low = 0;
  double high = 1;
};

enum class Axis { kLinear, kLog };

/// Maps values to places on the drawing, and knows where ticks stand: at 1, 2 or 5 times a power
/// of ten.
class Scale {
 public:
  struct Options {
    Range values;  // kLog: above 0
    Range places;  // `low` may be the greater one: y grows downward
    Axis axis = Axis::kLinear;
    int ticks = 5;            // about so many
    double step_min = 0;      // 1 for epochs, which have no halves
    bool whole_ticks = true;  // widen the range to the next tick on both sides
  };
  explicit Scale(const Options& options);

  double operator()(double value) const;
  const std::vector<double>& ticks() const { return ticks_; }
  const Range& values() const { return values_; }

 private:
  Range values_;
  Range places_;
  Axis axis_;
  std::vector<double> ticks_;
};

/// The shortest spelling that tells the ticks apart: "0.05", "20", "1e-5".
std::string TickLabel(double value);

}  // namespace keelrow::report
