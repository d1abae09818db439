#include "labels/matching.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

namespace keelrow::labels {
namespace {

/// Sets that grow together.
class Components {
 public:
  explicit Components(int count) : parent_(static_cast<size_t>(count)) {
    std::iota(parent_.begin(), parent_.end(), 0);
  }
  int Find(int node) {
    while (parent_[node] != node) node = parent_[node] = parent_[parent_[node]];
    return node;
  }
  void Join(int a, int b) { parent_[Find(a)] = Find(b); }

 private:
  std::vector<int> parent_;
};

/// Rows get distinct columns at the least cost; rows <= columns. cost[row][column].
std::vector<int> Assign(const std::vector<std::vector<double>>& cost) {
  const size_t rows = cost.size();
  const size_t columns = cost[0].size();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  // Index 0 is a helper; row_of[column] is the row that has it.
  std::vector<double> row_potential(rows + 1), column_potential(columns + 1);
  std::vector<size_t> row_of(columns + 1), previous(columns + 1);
  for (size_t row = 1; row <= rows; ++row) {
    row_of[0] = row;
    size_t column = 0;
    std::vector<double> slack(columns + 1, kInfinity);
    std::vector<bool> used(columns + 1);
    do {
      used[column] = true;
      const size_t current = row_of[column];
      double step = kInfinity;
      size_t next = 0;
      for (size_t j = 1; j <= columns; ++j) {
        if (used[j]) continue;
        const double reduced =
            cost[current - 1][j - 1] - row_potential[current] - column_potential[j];
        if (reduced < slack[j]) {
          slack[j] = reduced;
          previous[j] = column;
        }
        if (slack[j] < step) {
          step = slack[j];
          next = j;
        }
      }
      for (size_t j = 0; j <= columns; ++j) {
        if (used[j]) {
          row_potential[row_of[j]] += step;
          column_potential[j] -= step;
        } else {
          slack[j] -= step;
        }
      }
      column = next;
    } while (row_of[column] != 0);
    for (; column != 0; column = previous[column]) row_of[column] = row_of[previous[column]];
  }
  std::vector<int> column_of(rows);
  for (size_t j = 1; j <= columns; ++j) {
    if (row_of[j] != 0) column_of[row_of[j] - 1] = static_cast<int>(j) - 1;
  }
  return column_of;
}

/// The best matching of one connected part.
void MatchPart(const std::vector<Edge>& part, std::vector<Edge>& matched) {
  std::map<int, size_t> lefts;
  std::map<int, size_t> rights;
  for (const Edge& edge : part) {
    lefts.emplace(edge.left, lefts.size());
    rights.emplace(edge.right, rights.size());
  }
  const bool flip = lefts.size() > rights.size();  // rows must not be more than columns
  const size_t rows = flip ? rights.size() : lefts.size();
  const size_t columns = flip ? lefts.size() : rights.size();
  std::vector<std::vector<double>> cost(rows, std::vector<double>(columns, 0));
  for (const Edge& edge : part) {
    const size_t left = lefts.at(edge.left);
    const size_t right = rights.at(edge.right);
    (flip ? cost[right][left] : cost[left][right]) = -edge.weight;
  }
  const std::vector<int> column_of = Assign(cost);
  for (const Edge& edge : part) {
    const size_t left = lefts.at(edge.left);
    const size_t right = rights.at(edge.right);
    const size_t row = flip ? right : left;
    const size_t column = flip ? left : right;
    if (column_of[row] == static_cast<int>(column)) matched.push_back(edge);
  }
}

}  // namespace

std::vector<Edge> BestMatching(int left_count, int right_count, std::span<const Edge> edges) {
  Components components(left_count + right_count);
  for (const Edge& edge : edges) components.Join(edge.left, left_count + edge.right);
  std::map<int, std::vector<Edge>> parts;
  for (const Edge& edge : edges) parts[components.Find(edge.left)].push_back(edge);
  std::vector<Edge> matched;
  for (const auto& [root, part] : parts) {
    if (part.size() == 1) {
      matched.push_back(part[0]);
    } else {
      MatchPart(part, matched);
    }
  }
  return matched;
}

}  // namespace keelrow::labels
