#include "gateway/deadline.h"

#include <algorithm>
#include <charconv>

namespace keelrow::gateway {
namespace {

using std::chrono::milliseconds;

constexpr size_t kDigitsMax = 8;  // gRPC's own bound; as milliseconds a day and more

std::optional<int64_t> Digits(std::string_view text) {
  if (text.empty() || text.size() > kDigitsMax) return std::nullopt;
  int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<milliseconds> ParseGrpcTimeout(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto count = Digits(text.substr(0, text.size() - 1));
  if (!count) return std::nullopt;
  switch (text.back()) {
    case 'H':
      return std::chrono::hours(*count);
    case 'M':
      return std::chrono::minutes(*count);
    case 'S':
      return std::chrono::seconds(*count);
    case 'm':
      return milliseconds(*count);
    case 'u':
      return milliseconds((*count + 999) / 1000);
    case 'n':
      return milliseconds((*count + 999'999) / 1'000'000);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<milliseconds> RequestedTimeout(const http::Headers& headers) {
  if (const auto text = headers.Find(kTimeoutHeader)) {
    if (const auto count = Digits(*text)) return milliseconds(*count);
  }
  if (const auto text = headers.Find("grpc-timeout")) return ParseGrpcTimeout(*text);
  return std::nullopt;
}

http::Middleware Deadlines() {
  return [](http::Request& request, http::Reply reply, const http::Next& next) {
    if (const auto timeout = RequestedTimeout(request.headers)) {
      // The server's own is at most a minute or so away: no overflow where the client's is later.
      const auto wanted = request.received + *timeout;
      request.impatient = wanted < request.deadline;
      request.deadline = std::min(request.deadline, wanted);
    }
    next(request, std::move(reply));
  };
}

}  // namespace keelrow::gateway
