#pragma once

#include "case.h"

namespace keelrow::bench {

/// The data that cases with photos need.
inline constexpr const char* kPhotos = "imagenet_samples.tar";

/// The photos as files below this folder, unpacked once a case.
fs::path Photos(const Places& places);

}  // namespace keelrow::bench
