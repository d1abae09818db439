#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keelrow {

/// The candidate nearest to `word` when it is near enough to be a typing mistake (Levenshtein
/// distance with transpositions, at most a third of the length), else empty.
std::string NearestName(std::string_view word, std::span<const std::string> candidates);

/// "did you mean `augment`?", or empty.
std::string DidYouMean(std::string_view word, std::span<const std::string> candidates);

std::vector<std::string> SplitText(std::string_view text, char separator);
std::string JoinText(std::span<const std::string> parts, std::string_view separator);

/// "a, b, c", of a longer list only the first: "a, b, c and 7 more".
std::string ListSome(std::span<const std::string> names, size_t most);

/// Without what `blanks` lists at its ends.
std::string_view Trimmed(std::string_view text, std::string_view blanks = " \t");
/// A to Z as a to z; every other byte as it is.
std::string LowerCase(std::string_view text);

/// Columns of equal width, two blanks apart; the first row is the header. Numbers are not
/// recognised: pad them yourself when they should stand right.
std::string RenderTable(const std::vector<std::vector<std::string>>& rows);

/// Well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
bool IsUtf8(std::string_view text);

/// "0.7 s", "41 s", "6 min 10 s", "2 h 03 min".
std::string HumanSeconds(double seconds);
/// "512 B", "3.1 kB", "187 MB" (powers of 1000).
std::string HumanBytes(double bytes);

}  // namespace keelrow
