// Whatever bytes come over a connection, every request in them is answered once and in order, at
// most one refusal follows, and then the connection is closed. What a handler sees is sound.
#include <charconv>
#include <vector>

#include "base/text.h"
#include "http/server.h"
#include "loopback.h"
#include "require.h"

namespace keelrow::fuzz {
namespace {

constexpr size_t kBodyMax = 1024;

/// What the server's thread wrote down; it is read once the connection has been closed.
struct Seen {
  std::vector<std::string> methods;
  size_t refused = 0;
};
Seen seen;

size_t NumberIn(std::string_view text) {
  size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

http::Response Look(const http::Request& request) {
  Require(request.path.starts_with('/') && IsUtf8(request.path), "a path is a path");
  Require(request.body.size() <= kBodyMax, "the limit of a body holds");
  const size_t lengths = request.headers.Count("Content-Length");
  const size_t codings = request.headers.Count("Transfer-Encoding");
  Require(lengths + codings <= 1, "a request is framed in one way");
  Require(lengths + codings == 1 || request.body.empty(), "a body has a frame");
  if (lengths == 1) {
    Require(NumberIn(*request.headers.Find("Content-Length")) == request.body.size(),
            "a body has the length stated");
  }
  return http::Response::Text(request.path);
}

http::Router EveryRequest() {
  const auto note = [](http::Request& request, http::Reply reply, const http::Next&) {
    seen.methods.push_back(request.method);
    http::Sync(Look)(request, std::move(reply));
  };
  return http::Router({}, {note});
}

uint16_t Port() {
  // Never destroyed: its threads run to the end of the process.
  static const http::Server& server = []() -> const http::Server& {
    auto* started =
        new http::Server({.limits = {.header_bytes_max = 1024, .body_bytes_max = kBodyMax},
                          .on_refused = [](int, const std::string&) { ++seen.refused; }},
                         EveryRequest());
    started->Start();
    LetWaitsGoOn();
    return *started;
  }();
  return server.Port();
}

/// The value of a field in a head that the server wrote.
size_t LengthIn(std::string_view head) {
  constexpr std::string_view kField = "\r\nContent-Length: ";
  const size_t at = head.find(kField);
  Require(at != std::string_view::npos, "an answer states its length");
  return NumberIn(head.substr(at + kField.size()));
}

void TakeAnswer(std::string_view& answers, bool with_body) {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  while (answers.starts_with(kContinue)) answers.remove_prefix(kContinue.size());
  Require(answers.starts_with("HTTP/1."), "an answer begins with its status");
  const size_t end = answers.find("\r\n\r\n");
  Require(end != std::string_view::npos, "an answer's head ends");
  const size_t size = end + 4 + (with_body ? LengthIn(answers.substr(0, end + 2)) : 0);
  Require(size <= answers.size(), "an answer is whole");
  answers.remove_prefix(size);
}

void Check(std::string_view bytes) {
  if (bytes.starts_with("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) return;  // http2_fuzz.cpp has those
  seen = {};
  bool broken = false;
  const std::string text = Exchange(Port(), bytes, broken);
  Require(!broken, "the server does not break a connection off");
  std::string_view answers = text;
  for (const std::string& method : seen.methods) TakeAnswer(answers, method != "HEAD");
  Require(seen.refused <= 1, "a connection is refused once");
  if (seen.refused == 1) TakeAnswer(answers, true);
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  Require(answers.empty() || answers == kContinue, "nothing follows the answers");
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  keelrow::fuzz::Check(keelrow::fuzz::Text(data, size));
  return 0;
}
