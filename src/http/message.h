#pragma once

#include <atomic>
#include <chrono>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "http/trace.h"

namespace keelrow::http {

/// Header fields in the order in which they came; names compare without case. A message has few,
/// so a search is a walk.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

  /// The first value of that name.
  std::optional<std::string_view> Find(std::string_view name) const;
  size_t Count(std::string_view name) const;
  void Add(std::string name, std::string value);
  /// Replaces every field of that name.
  void Set(std::string name, std::string value);
  void Remove(std::string_view name);

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  size_t size() const { return fields_.size(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// ASCII, without regard to case.
bool EqualIgnoringCase(std::string_view a, std::string_view b);

struct Route;

/// Who sent a request, as the authenticating middleware found out.
struct Identity {
  std::string subject;
  std::vector<std::string> scopes;  // gateway/scope.h says what they allow
  std::string issuer = {};          // two issuers may mean two people by one subject
  std::string token_id = {};        // of the token or API key, which is no secret; may be empty
};

/// One request, already whole and within the server's limits. It lives until its Reply has been
/// used; one thread at a time holds it.
struct Request {
  using Clock = std::chrono::steady_clock;

  std::string method;                 // "GET"
  std::string target;                 // as sent: "/models/a%20b?full=1"
  std::string path;                   // decoded once: "/models/a b"
  std::vector<std::string> segments;  // {"models", "a b"}; none is "." or "..", none has '/'
  std::multimap<std::string, std::string, std::less<>> query;
  Headers headers;
  std::string body;
  std::string remote;            // "127.0.0.1:53124"
  std::string client_name;       // "CN=worker-7", of a certificate that was verified; or empty
  std::string id;                // x-request-id; set by the middleware of that name
  TraceContext trace = {};       // set by the middleware of that name
  Clock::time_point received{};  // its first byte
  Clock::time_point arrived{};   // its last byte: what a slow client takes is not our latency
  Clock::time_point deadline{};  // afterwards the server has answered 504 itself
  bool impatient = false;        // the deadline is the client's own, earlier than the server's
  const Route* route = nullptr;  // null: no route matched, 404 or 405 follows
  std::map<std::string, std::string, std::less<>> params;  // {"name": "a b"}
  std::optional<Identity> identity = {};
  const std::atomic<bool>* gone = nullptr;  // set by the server when the client has left

  /// Whether nobody waits for the answer any more, so that work for it is in vain. A client that
  /// has closed its side of the connection counts as gone: no server can tell it from one that
  /// crashed.
  bool Abandoned() const { return gone != nullptr && gone->load(std::memory_order_relaxed); }

  std::optional<std::string_view> Query(std::string_view name) const;
  /// A parameter of the route's pattern; it is there if the pattern names it.
  const std::string& Param(std::string_view name) const;
  /// The media type without its parameters, in lower case; empty if none was sent.
  std::string ContentType() const;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;

  static Response Json(const keelrow::Json& value, int status = 200);
  static Response Text(std::string text, int status = 200);
  static Response Html(std::string page, int status = 200);
  /// Status from the error table, body {"error", "code", "message", "hint"?}. Where the server
  /// itself is at fault (status 500) the message stays out of the answer: it may name files.
  static Response FromError(const Error& error);
};

/// "Not Found" for 404; empty for a status without a name.
std::string_view ReasonPhrase(int status);

}  // namespace keelrow::http
