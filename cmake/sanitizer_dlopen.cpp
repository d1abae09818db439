// For sanitizer builds only. OpenVINO's TBB opens one of its libraries with RTLD_DEEPBIND, which
// would bind it past the sanitizer's malloc; the sanitizers end the program when they see the flag.
// This dlopen stands in the program, before theirs, and passes everything on but the flag.
#include <dlfcn.h>

extern "C" void* dlopen(const char* file, int mode) noexcept {
  static const auto next =
      reinterpret_cast<void* (*)(const char*, int)>(::dlsym(RTLD_NEXT, "dlopen"));
  return next(file, mode & ~RTLD_DEEPBIND);
}
