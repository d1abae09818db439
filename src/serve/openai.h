#pragma once

#include <optional>
#include <string>

#include "http/router.h"

namespace keelrow::serve {

/// The model that a request of OpenAI's protocol names in its body; empty for other requests.
std::optional<std::string> OpenAiModel(const http::Request& request);

}  // namespace keelrow::serve
