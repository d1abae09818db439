#include "http/message.h"

#include <algorithm>
#include <array>

namespace keelrow::http {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

struct Reason {
  int status;
  std::string_view phrase;
};

// RFC 9110 section 15, RFC 6585, RFC 4918 (507).
constexpr auto kReasons = std::to_array<Reason>({
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {304, "Not Modified"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
});

Response Typed(const char* type, std::string body, int status) {
  return {.status = status, .headers = {{"Content-Type", type}}, .body = std::move(body)};
}

}  // namespace

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, Lower, Lower);
}

std::optional<std::string_view> Headers::Find(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (EqualIgnoringCase(key, name)) return value;
  }
  return std::nullopt;
}

size_t Headers::Count(std::string_view name) const {
  return static_cast<size_t>(std::ranges::count_if(
      fields_, [&](const auto& field) { return EqualIgnoringCase(field.first, name); }));
}

void Headers::Add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::Set(std::string name, std::string value) {
  Remove(name);
  Add(std::move(name), std::move(value));
}

void Headers::Remove(std::string_view name) {
  std::erase_if(fields_, [&](const auto& field) { return EqualIgnoringCase(field.first, name); });
}

std::optional<std::string_view> Request::Query(std::string_view name) const {
  const auto found = query.find(name);
  if (found == query.end()) return std::nullopt;
  return found->second;
}

const std::string& Request::Param(std::string_view name) const {
  const auto found = params.find(name);
  if (found == params.end()) {
    throw Error(Code::kInternal, "the route has no parameter `" + std::string(name) + "`");
  }
  return found->second;
}

std::string Request::ContentType() const {
  std::string_view value = headers.Find("Content-Type").value_or("");
  value = value.substr(0, value.find(';'));
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  std::string type(value);
  std::ranges::transform(type, type.begin(), Lower);
  return type;
}

Response Response::Json(const keelrow::Json& value, int status) {
  // Text from a client may come back in an answer; bytes that are not UTF-8 must not throw here.
  return Typed("application/json",
               value.dump(-1, ' ', false, keelrow::Json::error_handler_t::replace), status);
}

Response Response::Text(std::string text, int status) {
  return Typed("text/plain; charset=utf-8", std::move(text), status);
}

Response Response::Html(std::string page, int status) {
  return Typed("text/html; charset=utf-8", std::move(page), status);
}

Response Response::FromError(const Error& error) {
  const CodeInfo& info = Info(error.code());
  keelrow::Json body = {{"error", info.name}, {"code", info.number}, {"message", error.message()}};
  if (!error.hint().empty()) body["hint"] = error.hint();
  if (info.http_status == 500) {
    body["message"] = "the server could not do this; its log names the cause under this request";
    body.erase("hint");
  }
  Response response = Json(body, info.http_status);
  if (info.http_status == 503) response.headers.Add("Retry-After", "1");
  return response;
}

std::string_view ReasonPhrase(int status) {
  const auto* found = std::ranges::find(kReasons, status, &Reason::status);
  return found == kReasons.end() ? "" : found->phrase;
}

}  // namespace keelrow::http
