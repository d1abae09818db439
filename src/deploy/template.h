#pragma once

#include <map>
#include <string>
#include <string_view>

namespace keelrow::deploy {

/// `text` with every `@name@` replaced by the value of that name; names are lower-case letters and
/// `_`, any other `@` stays. Values are put in as they are: quoting is the caller's business.
/// Throws kInternal for a name that has no value: a template of ours is wrong then.
std::string Fill(std::string_view text, const std::map<std::string, std::string>& values);

/// A text of the user's as YAML takes it anywhere: in double quotes, as JSON does.
std::string Quoted(const std::string& text);

}  // namespace keelrow::deploy
