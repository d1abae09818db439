#pragma once

#include <string>

#include "data/image.h"

namespace keelrow::data {

/// The picture as a PNG file's bytes: gray or RGB, 8 bits. The same picture gives the same bytes.
/// Throws kInternal when the picture is not well-formed.
std::string EncodePng(const Image& image);

}  // namespace keelrow::data
