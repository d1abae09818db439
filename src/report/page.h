#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/report.h"

namespace keelrow::report {

/// What stands at the head of a page.
struct Banner {
  std::string kind;               // Training report
  std::string title;              // the project
  std::vector<std::string> meta;  // HTML
  std::string badge = {};         // HTML
};

/// A part of a page; left out where `body`, which is HTML, is empty.
struct PageSection {
  std::string_view id;
  std::string_view title;
  std::string_view lead;
  std::string body;
};

struct Page {
  std::string title;  // of the window
  Banner banner;
  std::vector<PageSection> sections;
  std::string program_version;
};

/// One file that loads nothing and runs nothing: its own Content-Security-Policy says so.
std::string RenderPage(const Page& page);

/// "✓ passed" or "✗ failed", told apart by sign, word and colour.
std::string Verdict(bool passed, std::string_view word);
/// A drawing that scrolls sideways on a narrow screen instead of shrinking its text away.
std::string Figure(std::string_view svg, std::string_view caption);
/// Facts as a definition list; values in a fixed-width font.
std::string FactList(const std::vector<Fact>& facts);

}  // namespace keelrow::report
