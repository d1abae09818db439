#pragma once

#include <string>

#include "base/files.h"

/// The files of a project small enough that its whole pipeline runs in seconds: pictures of
/// 12 × 12 pixels, three classes that differ in where they are bright, one epoch. Everything in it
/// is real.
namespace keelrow::tests {

/// Picture `index` of class `label` as PNG bytes; the same arguments give the same bytes.
std::string TinyPicture(int label, int index);

/// Writes keelrow.yaml and data/ into `folder`, which is made where it is missing.
void WriteTinyProject(const fs::path& folder);

}  // namespace keelrow::tests
