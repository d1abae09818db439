#pragma once

#include <functional>
#include <string>

#include "http/message.h"

namespace keelrow::gateway {

/// The model that a request is about, by its name alone; empty where it cannot be told. Tokens,
/// limits and rules all go by the same one.
using ModelOf = std::function<std::string(const http::Request&)>;

}  // namespace keelrow::gateway
