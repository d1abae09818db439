#include "http/wire.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <ctime>

#include "http/encoding.h"

namespace keelrow::http {
namespace {

Response Refuse(int status, std::string_view message) {
  return Response::Json({{"error", Info(Code::kBadRequest).name},
                         {"code", Info(Code::kBadRequest).number},
                         {"message", message}},
                        status);
}

bool IsOurs(std::string_view name) {
  constexpr auto kOurs = std::to_array<std::string_view>(
      {"Content-Length", "Transfer-Encoding", "Connection", "Date"});
  return std::ranges::any_of(kOurs, [&](auto ours) { return EqualIgnoringCase(ours, name); });
}

void AppendNumber(std::string& out, size_t number) {
  std::array<char, 20> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), static_cast<size_t>(end - digits.data()));
}

bool HasNoBody(int status) {
  return status == 204 || status == 304;
}

}  // namespace

bool IsFieldName(std::string_view name) {
  static constexpr auto kAllowed = [] {
    std::array<bool, 256> allowed{};
    for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789"
                                         "abcdefghijklmnopqrstuvwxyz"
                                         "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
      allowed[static_cast<uint8_t>(c)] = true;
    }
    return allowed;
  }();
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return kAllowed[static_cast<uint8_t>(c)]; });
}

bool IsFieldValue(std::string_view value) {
  return std::ranges::none_of(value, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

bool IsTarget(std::string_view target) {
  return !target.empty() && std::ranges::none_of(target, [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
  });
}

std::optional<Response> RefuseHeader(const Request& request, unsigned version) {
  const Headers& headers = request.headers;
  const size_t lengths = headers.Count("Content-Length");
  const size_t codings = headers.Count("Transfer-Encoding");
  if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0)) {
    return Refuse(400, "the request states its length more than once");
  }
  if (lengths == 1 && headers.Find("Content-Length")->find(',') != std::string_view::npos) {
    return Refuse(400, "the request states its length more than once");
  }
  if (codings == 1 && version < 11) return Refuse(400, "HTTP/1.0 knows no Transfer-Encoding");
  if (codings == 1 && !EqualIgnoringCase(*headers.Find("Transfer-Encoding"), "chunked")) {
    return Refuse(501, "the only Transfer-Encoding understood is chunked");
  }
  const size_t hosts = headers.Count("Host");
  if (hosts > 1 || (hosts == 0 && version >= 11)) {
    return Refuse(400, "the request must have one Host field");
  }
  const auto expectation = headers.Find("Expect");
  if (expectation && !EqualIgnoringCase(*expectation, "100-continue")) {
    return Refuse(417, "the only Expect understood is 100-continue");
  }
  if (!CodingOf(headers)) {
    Response refusal = Refuse(415, "the body's Content-Encoding may be gzip or deflate");
    refusal.headers.Add("Accept-Encoding", "gzip, deflate");
    return refusal;
  }
  return std::nullopt;
}

const std::string& DateNow() {
  thread_local time_t second = 0;
  thread_local std::string text;
  const time_t now = std::time(nullptr);
  if (now == second) return text;
  tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> buffer{};
  const size_t size =
      std::strftime(buffer.data(), buffer.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  text.assign(buffer.data(), size);
  second = now;
  return text;
}

void AppendHead(std::string& out, const Response& response, HeadOptions options) {
  out.append(options.http_1_0 ? "HTTP/1.0 " : "HTTP/1.1 ");
  AppendNumber(out, static_cast<size_t>(response.status));
  out.append(" ").append(ReasonPhrase(response.status));
  out.append("\r\nDate: ").append(DateNow()).append("\r\n");
  for (const auto& [name, value] : response.headers) {
    if (IsOurs(name) || !IsFieldName(name) || !IsFieldValue(value)) continue;
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (!HasNoBody(response.status)) {
    out.append("Content-Length: ");
    AppendNumber(out, response.body.size());
    out.append("\r\n");
  }
  if (!options.keep_alive) out.append("Connection: close\r\n");
  if (options.keep_alive && options.http_1_0) out.append("Connection: keep-alive\r\n");
  out.append("\r\n");
}

}  // namespace keelrow::http
