#pragma once

#include <string>

#include "track/store.h"

namespace keelrow::cli {

/// "2026-11-23 22:41:07", UTC; "-" for 0.
std::string TimeText(track::TimeMs time);
/// Who types: the user's name on this machine, for the audit.
std::string CurrentUser();

}  // namespace keelrow::cli
