#pragma once

#include <cstdint>
#include <protozero/types.hpp>

/// Field numbers of ONNX's protobuf messages, as far as we write them. Source: onnx/onnx.proto of
/// github.com/onnx/onnx, release 1.17 (the numbers never change; IR version 8 came with 1.10).
namespace keelrow::nets::onnx {

using Tag = protozero::pbf_tag_type;

namespace model_proto {
constexpr Tag kIrVersion = 1, kProducerName = 2, kProducerVersion = 3, kGraph = 7, kOpsetImport = 8;
}
namespace operator_set_id_proto {
constexpr Tag kDomain = 1, kVersion = 2;
}
namespace graph_proto {
constexpr Tag kNode = 1, kName = 2, kInitializer = 5, kInput = 11, kOutput = 12;
}
namespace node_proto {
constexpr Tag kInput = 1, kOutput = 2, kName = 3, kOpType = 4, kAttribute = 5;
}
namespace attribute_proto {
constexpr Tag kName = 1, kF = 2, kI = 3, kInts = 8, kType = 20;
constexpr int32_t kTypeFloat = 1, kTypeInt = 2, kTypeInts = 7;
}  // namespace attribute_proto
namespace tensor_proto {
constexpr Tag kDims = 1, kDataType = 2, kName = 8, kRawData = 9;
constexpr int32_t kFloat = 1, kUInt8 = 2, kInt32 = 6, kInt64 = 7;
}  // namespace tensor_proto
namespace value_info_proto {
constexpr Tag kName = 1, kType = 2;
}
namespace type_proto {
constexpr Tag kTensorType = 1;
}
namespace tensor_type_proto {
constexpr Tag kElemType = 1, kShape = 2;
}
namespace tensor_shape_proto {
constexpr Tag kDim = 1;
}
namespace dimension_proto {
constexpr Tag kValue = 1, kParam = 2;
}

constexpr int64_t kIrVersion = 8;
constexpr int64_t kOpsetVersion = 17;

}  // namespace keelrow::nets::onnx
