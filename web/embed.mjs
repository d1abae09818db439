// node embed.mjs PAGE.html STYLE.css SCRIPT.js NAMESPACE FUNCTION OUT_DIR OUT.html
// Puts style and script into the page, and the page into OUT_DIR/web_page.{h,cpp} together with a
// Content-Security-Policy that allows exactly these two and nothing else.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const [pageFile, styleFile, scriptFile, namespace, name, outDir, outPage] = process.argv.slice(2);
const kDelimiter = "keelrow_page";

const read = (file) => readFileSync(file, "utf8").trim();
const sha256 = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

function replaceOnce(text, place, content) {
  const parts = text.split(place);
  if (parts.length !== 2) throw new Error(`${pageFile} must contain ${place} exactly once`);
  return parts.join(content);
}

const style = read(styleFile);
const script = read(scriptFile);
if (/<\/(script|style)/i.test(style + script)) throw new Error("a closing tag inside style or script");

const policy = [
  "default-src 'none'",
  `script-src ${sha256(script)}`,
  `style-src ${sha256(style)}`,
  "img-src blob: data:",
  "media-src blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

let page = readFileSync(pageFile, "utf8");
page = replaceOnce(page, "<!-- predict.css -->", style);
page = replaceOnce(page, "<!-- predict.js -->", script);
if (page.includes(`)${kDelimiter}`)) throw new Error(`the page contains )${kDelimiter}`);

const header = `// Made from web/ by cmake/KeelrowWeb.cmake.
#pragma once

#include <string_view>

namespace ${namespace} {

/// The whole page, UTF-8 HTML: it loads nothing but what it asks the service for.
std::string_view ${name}Page();
/// The value of the Content-Security-Policy header to send with it.
std::string_view ${name}PageSecurityPolicy();

}  // namespace ${namespace}
`;

const source = `// Made from web/ by cmake/KeelrowWeb.cmake.
#include "${namespace.split("::").slice(1).join("/")}/web_page.h"

namespace ${namespace} {

std::string_view ${name}Page() {
  return R"${kDelimiter}(${page})${kDelimiter}";
}

std::string_view ${name}PageSecurityPolicy() {
  return "${policy}";
}

}  // namespace ${namespace}
`;

for (const [file, text] of [[outPage, page], [join(outDir, "web_page.h"), header], [join(outDir, "web_page.cpp"), source]]) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
