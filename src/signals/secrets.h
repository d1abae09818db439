#pragma once

#include <string>

#include "base/json.h"

namespace keelrow::signals {

/// What must not be written down of a body, masked before it is. Clients put secrets into bodies
/// too: Label Studio sends `params: {login, password}`, tasks name files by signed URLs.

/// Replaces, at any depth: values of members that are called like secrets (`password`,
/// `access_token`, `Authorization`, `extra_params`, …, whatever the case and the dashes), and what
/// MaskText finds in texts.
void MaskSecrets(Json& json);

/// User and password of URLs ("https://ann:secret@host/") and values of secret names in queries and
/// forms ("token=…", "X-Amz-Signature=…"), in any text.
std::string MaskText(const std::string& text);

inline constexpr const char* kMasked = "***";

}  // namespace keelrow::signals
