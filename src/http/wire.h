#pragma once

#include <optional>
#include <string>

#include "http/message.h"

namespace keelrow::http {

/// What HTTP/1.1 demands of the bytes around a message, apart from sockets and parsers.

/// A reason to refuse a request as soon as its header is read: two lengths or two framings at
/// once (request smuggling, RFC 9112 section 6.3), no or two Host fields, a transfer coding, a
/// content coding or an expectation that we do not know.
std::optional<Response> RefuseHeader(const Request& request, unsigned version);

struct HeadOptions {
  bool keep_alive = true;
  bool http_1_0 = false;
};

/// Appends the status line and the header. Content-Length, Connection and Date are ours, whatever
/// the response says; a field whose name or value would break the framing is left out.
void AppendHead(std::string& out, const Response& response, HeadOptions options);

/// "Sun, 06 Nov 1994 08:49:37 GMT", made anew once a second for each thread.
const std::string& DateNow();

/// A name that may stand before a header's colon; a method has the same grammar (RFC 9110's token).
bool IsFieldName(std::string_view name);

/// A value that may stand in one header line.
bool IsFieldValue(std::string_view value);

/// A target that may stand in the request line: not empty, no blanks, no control characters.
bool IsTarget(std::string_view target);

}  // namespace keelrow::http
