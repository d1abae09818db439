#include "train/memory.h"

#include <malloc.h>

namespace keelrow::train {

void KeepFreedMemory() {
  mallopt(M_MMAP_MAX, 0);         // large blocks come from the heap, like small ones
  mallopt(M_TRIM_THRESHOLD, -1);  // which never shrinks
  mallopt(M_TOP_PAD, 64 << 20);   // and grows in steps of 64 MiB
}

}  // namespace keelrow::train
