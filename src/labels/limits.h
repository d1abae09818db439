#pragma once

#include <cstddef>

/// What a file of labels may hold: far above what people draw, low enough that nothing a stranger
/// sends takes the machine.
namespace keelrow::labels {

inline constexpr size_t kTaskBytesMax = size_t{64} << 20;   // of JSON, of one task
inline constexpr size_t kFileBytesMax = size_t{1} << 30;    // of a file that is read whole
inline constexpr size_t kRegionsMax = 10'000;               // of one annotation
inline constexpr size_t kPointsMax = 10'000;                // of one polygon
inline constexpr size_t kConfigBytesMax = size_t{1} << 20;  // of a labelling configuration
inline constexpr size_t kConfigNodesMax = 20'000;           // its elements

}  // namespace keelrow::labels
