#include "predictions/datatype.h"

#include <algorithm>
#include <array>

namespace keelrow::predictions {
namespace {

struct DatatypeRow {
  DType dtype;
  std::string_view name;
};
constexpr std::array kDatatypes = {
    DatatypeRow{DType::kBool, "BOOL"},     DatatypeRow{DType::kUInt8, "UINT8"},
    DatatypeRow{DType::kUInt16, "UINT16"}, DatatypeRow{DType::kUInt32, "UINT32"},
    DatatypeRow{DType::kUInt64, "UINT64"}, DatatypeRow{DType::kInt8, "INT8"},
    DatatypeRow{DType::kInt16, "INT16"},   DatatypeRow{DType::kInt32, "INT32"},
    DatatypeRow{DType::kInt64, "INT64"},   DatatypeRow{DType::kFloat16, "FP16"},
    DatatypeRow{DType::kBFloat16, "BF16"}, DatatypeRow{DType::kFloat32, "FP32"},
    DatatypeRow{DType::kFloat64, "FP64"},
};

}  // namespace

std::string_view Datatype(DType dtype) {
  return std::ranges::find(kDatatypes, dtype, &DatatypeRow::dtype)->name;
}

std::optional<DType> FindDatatype(std::string_view name) {
  const auto* found = std::ranges::find(kDatatypes, name, &DatatypeRow::name);
  if (found == kDatatypes.end()) return std::nullopt;
  return found->dtype;
}

}  // namespace keelrow::predictions
