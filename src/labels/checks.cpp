#include "labels/checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "labels/geometry.h"

namespace keelrow::labels {
namespace {

constexpr size_t kFindingsMax = 100;  // of one check, an annotation

std::string Named(const Region& region) {
  return region.label.empty() ? "a region without label" : region.label;
}

class Checker {
 public:
  explicit Checker(const CheckOptions& options) : options_(options) {}

  void Check(const Task& task) {
    task_ = &task;
    annotation_ = nullptr;
    CheckPicture();
    for (const Annotation& annotation : task.annotations) {
      annotation_ = &annotation;
      counts_.clear();
      std::vector<Bounds> bounds;
      for (const Region& region : annotation.regions) {
        CheckRegion(region);
        bounds.push_back(BoundsOf(region.outline));
      }
      ForEachOverlap(bounds, [&](size_t i, size_t j) {
        CheckPair(annotation.regions[i], annotation.regions[j]);
      });
    }
  }

  std::vector<Finding> findings;

 private:
  void Report(const char* check, std::vector<const Region*> regions, std::string text) {
    if (++counts_[check] > kFindingsMax) return;
    Finding finding{.check = check, .task = task_->id, .text = std::move(text)};
    if (annotation_ != nullptr) {
      finding.annotation = annotation_->id;
      finding.annotator = annotation_->annotator;
    }
    for (const Region* region : regions) finding.regions.push_back(region->id);
    findings.push_back(std::move(finding));
  }

  void CheckPicture() {
    if (!options_.pictures) return;
    const auto name = std::filesystem::path(task_->picture).filename();
    if (!name.empty() && std::filesystem::exists(*options_.pictures / name)) return;
    Report("missing_picture", {}, fmt::format("{} is not there", task_->picture));
  }

  void CheckRegion(const Region& region) {
    if (region.label.empty()) Report("no_label", {&region}, "a region has no label");
    const Bounds bounds = BoundsOf(region.outline);
    const bool thin = bounds.right - bounds.left < options_.side_min * task_->width ||
                      bounds.bottom - bounds.top < options_.side_min * task_->height;
    if (region.outline.size() < 3 || thin || IsInsideOut(region)) {
      return Report("degenerate", {&region},
                    fmt::format("{} is {:.4g} x {:.4g}", Named(region), bounds.right - bounds.left,
                                bounds.bottom - bounds.top));
    }
    if (CrossesItself(region.outline)) {
      Report("crossing", {&region}, fmt::format("the outline of {} crosses itself", Named(region)));
    }
    const double beyond =
        std::max({-bounds.left / task_->width, -bounds.top / task_->height,
                  bounds.right / task_->width - 1, bounds.bottom / task_->height - 1});
    if (beyond > options_.slack) {
      Report("out_of_range", {&region},
             fmt::format("{} reaches {:.1f} % beyond the picture", Named(region), 100 * beyond));
    }
  }

  /// A box of negative width or height: its corners turn the other way.
  static bool IsInsideOut(const Region& region) {
    if (!region.box || region.outline.size() != 4) return false;
    const auto& [a, b, c] = std::tie(region.outline[0], region.outline[1], region.outline[3]);
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x) <= 0;
  }

  void CheckPair(const Region& a, const Region& b) {
    const double iou = Iou(a, b);
    if (iou >= options_.same_min) {
      const bool same = a.label == b.label;
      return Report(same ? "duplicate" : "conflict", {&a, &b},
                    same ? fmt::format("{} is drawn twice", Named(a))
                         : fmt::format("one region is {} and {}", Named(a), Named(b)));
    }
    const auto special = options_.overlap_for.find(PairOf(a.label, b.label));
    const double limit =
        special == options_.overlap_for.end() ? options_.overlap_max : special->second;
    if (iou > limit) {
      Report("overlap", {&a, &b},
             fmt::format("{} and {} overlap by {:.2f}", Named(a), Named(b), iou));
    }
  }

  const CheckOptions& options_;
  const Task* task_ = nullptr;
  const Annotation* annotation_ = nullptr;
  std::map<std::string, size_t> counts_;  // of the annotation
};

}  // namespace

LabelPair PairOf(const std::string& a, const std::string& b) {
  return a < b ? LabelPair(a, b) : LabelPair(b, a);
}

const std::vector<CheckName>& CheckNames() {
  static const std::vector<CheckName> names = {
      {"overlap", "regions of one annotation that overlap too much"},
      {"duplicate", "the same region drawn twice"},
      {"conflict", "the same region under two labels"},
      {"out_of_range", "regions beyond the picture"},
      {"degenerate", "regions without an inside"},
      {"crossing", "outlines that cross themselves"},
      {"no_label", "regions without a label"},
      {"missing_picture", "pictures that are not there"},
  };
  return names;
}

std::vector<Finding> CheckLabels(const LabelSet& set, const CheckOptions& options) {
  Checker checker(options);
  for (const Task& task : set.tasks) checker.Check(task);
  return std::move(checker.findings);
}

}  // namespace keelrow::labels
