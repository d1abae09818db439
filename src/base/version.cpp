#include "base/version.h"

namespace keelrow {

std::string_view Version() {
  return KEELROW_VERSION;
}

}  // namespace keelrow
