#include "steps/export_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "engine/session.h"
#include "nets/safetensors.h"

namespace keelrow::steps {
namespace {

double MaxDifference(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) throw Error(Code::kCorrupt, "the probe's outputs differ in size");
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = std::fabs(double{a[i]} - double{b[i]});
    if (!std::isfinite(difference)) return difference;
    largest = std::max(largest, difference);
  }
  return largest;
}

}  // namespace

Json CheckExport(const fs::path& network, const fs::path& probe) {
  const nets::Safetensors file = nets::ReadSafetensors(probe).Value();
  const Tensor& input = file.tensors.at("input");
  const Tensor& expected = file.tensors.at("output");
  const engine::Session session(ReadFile(network), {.rows_max = input.Rows()});
  const double difference = MaxDifference(session.Run(input).As<float>(), expected.As<float>());
  if (!(difference <= kExportDifferenceMax)) {
    throw Error(Code::kCorrupt,
                fmt::format("the exported network differs from the trained one by {:.2e}; the "
                            "limit is {:.0e}",
                            difference, kExportDifferenceMax));
  }
  return {{"max_difference", difference}, {"examples", input.shape[0]}, {"engine", "OpenVINO"}};
}

}  // namespace keelrow::steps
