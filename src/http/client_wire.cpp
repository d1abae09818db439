#include "http/client_wire.h"

#include <fmt/format.h>

#include "http/wire.h"

namespace keelrow::http {
namespace {

/// A line break in one of these would make two requests of one.
void CheckBytes(const ClientRequest& request) {
  if (!IsFieldName(request.method)) {
    throw Error(Code::kBadRequest, "the method holds a character that no method has");
  }
  if (!IsTarget(request.target)) {
    throw Error(Code::kBadRequest, "the target holds a blank or a control character");
  }
  for (const auto& [name, value] : request.headers) {
    if (!IsFieldName(name)) {
      throw Error(Code::kBadRequest, "a header's name holds a character that no name has");
    }
    if (!IsFieldValue(value)) {
      throw Error(Code::kBadRequest, fmt::format("the header {} holds a control character", name));
    }
  }
}

}  // namespace

bool IsIdempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
         method == "OPTIONS";
}

std::string SerializeRequest(const ClientRequest& request, const std::string& authority) {
  CheckBytes(request);
  std::string out = fmt::format("{} {} HTTP/1.1\r\n", request.method, request.target);
  if (!request.headers.Find("Host")) {
    out += fmt::format("Host: {}\r\n", authority);
  }
  for (const auto& [name, value] : request.headers) {
    out += fmt::format("{}: {}\r\n", name, value);
  }
  const bool has_body = !request.body.empty() || request.method == "POST" ||
                        request.method == "PUT" || request.method == "PATCH";
  if (has_body) out += fmt::format("Content-Length: {}\r\n", request.body.size());
  out += "\r\n";
  out += request.body;
  return out;
}

}  // namespace keelrow::http
