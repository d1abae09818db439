#pragma once

#include <span>
#include <vector>

namespace keelrow::labels {

/// A possible partnership of a left and a right node.
struct Edge {
  int left = 0;
  int right = 0;
  double weight = 0;  // above 0
};

/// The edges of a one-to-one matching with the greatest sum of weights (the Hungarian algorithm:
/// Kuhn 1955, in Jonker and Volgenant's form with potentials), on each connected part by itself.
/// Time grows with the cube of the largest part.
std::vector<Edge> BestMatching(int left_count, int right_count, std::span<const Edge> edges);

}  // namespace keelrow::labels
