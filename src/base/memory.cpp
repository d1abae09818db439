#include "base/memory.h"

#include <malloc.h>

// Of mimalloc, where the program has it in the place of glibc's allocator.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" void mi_collect(bool force) __attribute__((weak));

namespace keelrow {

void GiveBackMemory() {
  if (mi_collect != nullptr) return mi_collect(true);
  ::malloc_trim(0);
}

}  // namespace keelrow
