#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace keelrow::gateway {

/// What a caller may do. A scope is an operation (`predict`, `manage`, `metrics`), for every model,
/// or an operation on one model (`predict:digits`). A character of a model's name that a scope may
/// not hold (RFC 6749 section 3.3: blanks, quotes, backslashes, what is not ASCII), and `%`, is
/// written as %XX.

/// "predict:digits"; "predict" when `model` is empty.
std::string ScopeFor(std::string_view operation, std::string_view model);

/// Those that routes ask for.
const std::vector<std::string>& Operations();

/// Whether the text can be a scope.
bool IsScope(std::string_view text);

/// Whether a caller may do `operation` with `model`. With an empty model: whether it may do so
/// whatever the model is. An empty operation asks for nothing.
bool Allows(const http::Identity& identity, std::string_view operation, std::string_view model);
/// Whether it may do so with one model at least, so that the rest is to be found out.
bool AllowsSome(const http::Identity& identity, std::string_view operation);

/// What both allow: {predict, manage} within {predict:digits} is {predict:digits}.
std::vector<std::string> Within(std::span<const std::string> scopes,
                                std::span<const std::string> limits);

}  // namespace keelrow::gateway
