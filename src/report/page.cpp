#include "report/page.h"

#include <fmt/format.h>

#include "report/html.h"
#include "report/style.h"

namespace keelrow::report {
namespace {

/// Nothing may be loaded and nothing may run, whatever a label contains.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'";

std::string Head(const Page& page) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta name=\"generator\" content=\"Keelrow {}\">\n"
      "<title>{}</title>\n<style>\n{}</style>\n</head>\n",
      kPolicy, Escape(page.program_version), Escape(page.title), StyleSheet());
}

std::string Render(const Banner& banner) {
  std::string meta;
  for (const std::string& item : banner.meta) meta += "<span>" + item + "</span>";
  return fmt::format(
      "<header><div><p class=\"eyebrow\">{}</p><h1>{}</h1><p class=\"meta\">{}</p></div>"
      "<div class=\"badge\">{}</div></header>\n",
      Escape(banner.kind), Escape(banner.title), meta, banner.badge);
}

std::string Render(const PageSection& section) {
  return fmt::format(
      "<section id=\"{0}\"><div class=\"side\"><h2>{1}</h2><p>{2}</p></div>"
      "<div class=\"body\">{3}</div></section>\n",
      section.id, section.title, section.lead, section.body);
}

}  // namespace

std::string RenderPage(const Page& page) {
  std::string links;
  std::string sections;
  for (const PageSection& section : page.sections) {
    if (section.body.empty()) continue;
    links += fmt::format("<a href=\"#{}\">{}</a>", section.id, section.title);
    sections += Render(section);
  }
  return fmt::format(
      "{}<body>\n<main>\n{}<nav aria-label=\"Sections\">{}</nav>\n{}"
      "<footer>Made by Keelrow {} · this file is complete in itself: it loads nothing.</footer>\n"
      "</main>\n</body>\n</html>\n",
      Head(page), Render(page.banner), links, sections, Escape(page.program_version));
}

std::string Verdict(bool passed, std::string_view word) {
  return fmt::format("<span class=\"verdict {}\"><b aria-hidden=\"true\">{}</b>{}</span>",
                     passed ? "good" : "bad", passed ? "✓" : "✗", Escape(word));
}

std::string Figure(std::string_view svg, std::string_view caption) {
  return fmt::format(
      "<figure><div class=\"scroll\">{}</div>{}</figure>", svg,
      caption.empty() ? "" : fmt::format("<figcaption>{}</figcaption>", Escape(caption)));
}

std::string FactList(const std::vector<Fact>& facts) {
  std::string rows;
  for (const auto& [name, value] : facts) {
    if (value.empty()) continue;
    rows += fmt::format("<dt>{}</dt><dd><code>{}</code></dd>", Escape(name), Escape(value));
  }
  return rows.empty() ? "" : "<dl>" + rows + "</dl>";
}

}  // namespace keelrow::report
