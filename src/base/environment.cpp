#include "base/environment.h"

#include <cstdlib>

namespace keelrow {

std::string Environment(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe): nobody sets
  return value == nullptr ? "" : value;
}

}  // namespace keelrow
