#pragma once

#include <string>
#include <vector>

namespace keelrow::labels {

/// In pixels of the picture; in percent or shares of it where its size is unknown.
struct Point {
  double x = 0;
  double y = 0;
  bool operator==(const Point&) const = default;
};

/// What an annotator drew.
struct Region {
  std::string id;
  std::string label;           // empty: none was given
  bool box = true;             // a rectangle, perhaps rotated; else a polygon
  std::vector<Point> outline;  // corners in order; a box's begin at its top left, clockwise
};

/// One annotator's work on one task.
struct Annotation {
  std::string id;
  std::string annotator;
  std::vector<Region> regions;
  std::vector<std::string> classes;  // chosen for the whole picture
};

/// One picture.
struct Task {
  std::string id;
  std::string picture;  // where it lies, as the labelling tool says
  double width = 0;     // of the picture; 0: unknown
  double height = 0;
  std::vector<Annotation> annotations;
};

/// What a file of labels holds. Plain data.
struct LabelSet {
  std::vector<Task> tasks;
  size_t skipped = 0;  // results of a kind that is no box, polygon or class
};

/// A rectangle's outline. `rotation` in degrees, clockwise about the top left corner, as Label
/// Studio has it.
std::vector<Point> BoxOutline(Point top_left, double width, double height, double rotation = 0);

/// What a file about each task may be called: its picture's name, with a number behind it where
/// another task has the same. None can lead out of a folder.
std::vector<std::string> FileStems(const LabelSet& set);

/// What a format for training can hold of a task: of the first annotation (a ground truth, where
/// there is one) the regions that have a label.
std::vector<Region> RegionsToWrite(const Task& task);

/// Every label of the set's regions, sorted.
std::vector<std::string> LabelsOf(const LabelSet& set);

}  // namespace keelrow::labels
