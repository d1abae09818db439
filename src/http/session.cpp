#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <tuple>

#include "base/log.h"
#include "http/encoding.h"
#include "http/shard.h"
#include "http/target.h"
#include "http/wire.h"

namespace keelrow::http {

namespace beast = boost::beast;
using Parser = beast::http::request_parser<beast::http::string_body>;

namespace {

constexpr std::chrono::milliseconds kLinger{2'000};
constexpr size_t kHeaderRoom = size_t{8} << 10;
constexpr size_t kBodyRoom = size_t{64} << 10;
// Answers to pipelined requests gather up to here before they are sent.
constexpr size_t kFlushAbove = size_t{64} << 10;

Response RefusalFor(const error_code& failure, const Limits& limits) {
  using beast::http::error;
  if (failure == error::header_limit) {
    return Refusal(431, Code::kTooLarge,
                   fmt::format("the header is larger than {} bytes", limits.header_bytes_max));
  }
  if (failure == error::body_limit) {
    return Refusal(413, Code::kTooLarge,
                   fmt::format("the body is larger than {} bytes", limits.body_bytes_max));
  }
  if (failure == error::bad_version) {
    return Refusal(505, Code::kBadRequest, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  }
  return Refusal(400, Code::kBadRequest,
                 fmt::format("the request is malformed: {}", failure.message()));
}

}  // namespace

/// One connection: reads a request, lets the router answer, writes, and again. Made for each kind
/// of stream, so that a plain one pays nothing for TLS.
template <class Stream>
class Session final : public Connection {
 public:
  Session(std::shared_ptr<Shard> shard, Stream stream)
      : shard_(std::move(shard)),
        limits_(shard_->shared.options.limits),
        stream_(std::move(stream)) {
    error_code ignored;
    const auto peer = socket().remote_endpoint(ignored);
    remote_ = fmt::format("{}:{}", peer.address().to_string(ignored), peer.port());
    shard_->connections.insert(this);
  }
  ~Session() override { shard_->connections.erase(this); }
  Session(const Session&) = delete;

  Awaitable<void> Run() {
    bool open = true;
    if constexpr (kTls) open = co_await Handshake();
    while (open && !shard_->aborted) open = co_await ServeOne();
    if constexpr (kTls) co_await SayGoodbye();
    error_code ignored;
    socket().shutdown(tcp::socket::shutdown_both, ignored);
    socket().close(ignored);
  }

  void CheckDeadline(Clock::time_point now) override {
    if (phase_ == Phase::kHandler && PeerLeft()) exchange_->MarkGone();
    if (now < deadline_) return;
    deadline_ = Clock::time_point::max();
    if (phase_ == Phase::kHandler) {
      const Error late(Code::kTimeout, "the answer took longer than the server allows");
      return exchange_->Answer(Response::FromError(late));
    }
    expired_ = true;
    Cancel();
  }

  void CloseIfIdle() override {
    if (phase_ == Phase::kIdle) Cancel();
  }

  void Abort() override {
    const Error stopped(Code::kOverloaded, "the server stops");
    if (exchange_) exchange_->CutOff(Response::FromError(stopped), *shard_);
    error_code ignored;
    socket().close(ignored);
  }

 private:
  static constexpr bool kTls = std::same_as<Stream, TlsStream>;
  enum class Phase { kHandshake, kIdle, kHeader, kBody, kHandler, kWrite };
  enum class Arrival { kRequest, kRefused, kClosed };

  void Enter(Phase phase, std::chrono::milliseconds patience) {
    phase_ = phase;
    phase_begin_ = Clock::now();
    deadline_ = phase_begin_ + patience;
  }

  Socket& socket() {
    if constexpr (kTls) return stream_.next_layer();
    if constexpr (!kTls) return stream_;
  }

  /// Nothing is read while a handler works, so the socket is asked. Pipelined requests may still
  /// lie in it.
  bool PeerLeft() {
    pollfd peer{.fd = socket().native_handle(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&peer, 1, 0) > 0 && (peer.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
  }

  void Cancel() {
    error_code ignored;
    socket().cancel(ignored);
  }

  Awaitable<bool> Handshake() requires kTls {
    Enter(Phase::kHandshake, shard_->shared.tls->options().handshake_timeout);
    const auto [failure] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kAwait);
    if (failure) {
      log::Debug("no TLS with {}: {}", remote_, HandshakeFailure(stream_.native_handle(), failure));
      co_return false;
    }
    agreed_ = true;
    client_name_ = PeerName(stream_.native_handle());
    co_return !expired_;
  }

  /// Tells the client that nothing was cut off. Its own goodbye is hardly waited for.
  Awaitable<void> SayGoodbye() requires kTls {
    if (!agreed_ || expired_ || shard_->aborted) co_return;
    Enter(Phase::kWrite, kSweepEvery);
    co_await stream_.async_shutdown(kAwait);
  }

  Awaitable<bool> ServeOne() {
    exchange_ = std::make_shared<Exchange>(shard_);
    Parser parser;
    const Arrival arrival = co_await ReadRequest(parser);
    if (arrival == Arrival::kClosed) co_return false;
    if (arrival == Arrival::kRefused) {
      DropBody(parser);
      co_await Refuse(parser.get().version() == 10);
      co_return false;
    }
    if (!co_await Answered()) co_return false;
    const bool keep_alive = parser.keep_alive() && !shard_->draining &&
                            parser.get().method() != beast::http::verb::connect;
    AppendAnswer({.keep_alive = keep_alive, .http_1_0 = parser.get().version() == 10});
    if (keep_alive && out_.size() < kFlushAbove) co_return true;  // ReadMore sends it
    co_return co_await Flush() && keep_alive;
  }

  /// Until the whole request is there, in pieces as they come.
  Awaitable<Arrival> ReadRequest(Parser& parser) {
    parser.header_limit(static_cast<uint32_t>(limits_.header_bytes_max));
    parser.body_limit(limits_.body_bytes_max);
    if (buffer_.size() == 0) {
      Enter(Phase::kIdle, limits_.idle_timeout);
      if (!co_await ReadMore(kHeaderRoom)) co_return Arrival::kClosed;
    }
    Enter(Phase::kHeader, limits_.header_timeout);
    if (!co_await Parse(parser, [&] { return parser.is_header_done(); })) co_return Lost();
    if (!TakeHeader(parser)) co_return Arrival::kRefused;
    if (parser.is_done()) co_return Arrival::kRequest;
    exchange_->body_room = BodyRoom(shard_->shared.bodies);
    if (!MakeRoom(parser.content_length().value_or(0))) co_return Arrival::kRefused;
    Enter(Phase::kBody, limits_.body_timeout);
    parser.eager(true);
    const bool speaks_1_1 = parser.get().version() >= 11;
    if (buffer_.size() == 0 && speaks_1_1 && exchange_->request.headers.Find("Expect")) {
      out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    co_return co_await ReadBody(parser);
  }

  Awaitable<Arrival> ReadBody(Parser& parser) {
    Request& request = exchange_->request;
    if (!co_await Parse(parser, [&] { return parser.is_done(); })) co_return Lost();
    if (!inflater_) {
      request.body = std::move(parser.get().body());
      co_return Arrival::kRequest;
    }
    if (!inflater_->finished()) {
      refusal_ = Response::FromError(Error(Code::kBadRequest, "the compressed body is cut off"));
      co_return Arrival::kRefused;
    }
    inflater_.reset();
    request.headers.Remove("Content-Encoding");
    if (request.headers.Find("Content-Length")) {
      request.headers.Set("Content-Length", std::to_string(request.body.size()));
    }
    co_return Arrival::kRequest;
  }

  /// Decompresses the piece of body that has just come. It happens here, and not on a worker, since
  /// no queue can then be full of it; a step takes some 0.2 ms, and between two of them the other
  /// connections have their turn. False as in Parse.
  Awaitable<bool> Inflate(Parser& parser) {
    const std::string piece = std::exchange(parser.get().body(), {});
    std::string_view left = piece;
    bool more = true;
    while (more) {
      const Expected<bool> step = inflater_->Step(left, exchange_->request.body);
      if (!step) refusal_ = Response::FromError(step.error());
      if (!step || !MakeRoom(exchange_->request.body.size())) co_return false;
      more = *step;
      if (more) co_await asio::post(shard_->io, asio::use_awaitable_t<Executor>());
      if (shard_->aborted) co_return false;
    }
    co_return true;
  }

  /// Feeds the parser until `done`; false when the connection ended or `refusal_` says why not.
  template <class Done>
  Awaitable<bool> Parse(Parser& parser, Done done) {
    bool hungry = buffer_.size() == 0;
    while (!done()) {
      if (hungry && !co_await ReadMore(phase_ == Phase::kBody ? kBodyRoom : kHeaderRoom)) {
        if (expired_) refusal_ = Refusal(408, Code::kTimeout, "the request came too slowly");
        co_return false;
      }
      error_code failure;
      const size_t used = parser.put(buffer_.data(), failure);
      buffer_.consume(used);
      hungry = failure == beast::http::error::need_more || buffer_.size() == 0;
      if (failure && failure != beast::http::error::need_more) {
        refusal_ = RefusalFor(failure, limits_);
        co_return false;
      }
      // What the parser leaves lying is one unfinished line of a header, chunk or trailer.
      if (hungry && buffer_.size() > limits_.header_bytes_max) {
        refusal_ = RefusalFor(beast::http::error::header_limit, limits_);
        co_return false;
      }
      if (!inflater_ && !MakeRoom(parser.get().body().size())) co_return false;
      if (inflater_ && !co_await Inflate(parser)) co_return false;
      ExtendBodyDeadline(used);
    }
    co_return true;
  }

  /// Room in memory for the body: all that was announced, or what has come in chunks so far.
  /// Otherwise `refusal_` says so.
  bool MakeRoom(size_t body_bytes) {
    const size_t own = inflater_ ? Inflater::kOwnBytes : 0;
    if (exchange_->body_room.GrowTo(body_bytes + own)) return true;
    const Error full(Code::kOverloaded, "the server holds as many bytes of requests as it may");
    refusal_ = Response::FromError(full);
    return false;
  }

  /// A client that was refused may stay for a while; what it sent does not.
  void DropBody(Parser& parser) {
    std::string().swap(parser.get().body());
    std::string().swap(exchange_->request.body);
    inflater_.reset();
    exchange_->body_room = BodyRoom();
  }

  Arrival Lost() const { return refusal_ ? Arrival::kRefused : Arrival::kClosed; }

  /// A large body may take long, as long as it comes at the lowest rate allowed.
  void ExtendBodyDeadline(size_t bytes) {
    if (phase_ != Phase::kBody) return;
    const size_t rate = std::max<size_t>(limits_.body_bytes_per_second_min, 1);
    deadline_ += std::chrono::microseconds(bytes * 1'000'000 / rate);
  }

  /// Makes the Request before the body is read, so that a trailer cannot add header fields.
  bool TakeHeader(const Parser& parser) {
    const auto& message = parser.get();
    Request& request = exchange_->request;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    for (const auto& field : message) {
      request.headers.Add(std::string(field.name_string()), std::string(field.value()));
    }
    request.remote = remote_;
    request.client_name = client_name_;
    request.received = phase_begin_;
    refusal_ = RefuseHeader(request, message.version());
    if (refusal_) return false;
    const Coding coding = CodingOf(request.headers).value_or(Coding::kIdentity);
    if (coding != Coding::kIdentity && !parser.is_done()) {
      inflater_.emplace(coding, InflateLimits{.bytes_max = limits_.body_bytes_max,
                                              .ratio_max = limits_.inflate_ratio_max});
    }
    if (const auto error = ParseTarget(request)) refusal_ = Response::FromError(*error);
    return !refusal_;
  }

  /// Lets the router answer; false when the server is being torn down meanwhile.
  Awaitable<bool> Answered() {
    // Also for GCC 12: in a coroutine without a variable, an early co_return destroys the
    // temporaries of a co_await that was never reached.
    Exchange& exchange = *exchange_;
    if (shard_->aborted) co_return false;
    Enter(Phase::kHandler, limits_.handler_timeout);
    exchange.request.arrived = phase_begin_;
    exchange.request.deadline = deadline_;
    exchange.Handle();
    if (exchange.answered()) co_return true;
    if (!co_await Flush()) co_return false;
    Enter(Phase::kHandler, limits_.handler_timeout);
    if (!exchange.answered()) co_await exchange.Wait();
    co_return !shard_->aborted;
  }

  void AppendAnswer(HeadOptions options) {
    const Response& response = exchange_->response();
    AppendHead(out_, response, options);
    const bool bodyless = response.status == 204 || response.status == 304;
    if (exchange_->request.method != "HEAD" && !bodyless) out_ += response.body;
  }

  /// Answers what never became a request, then reads on for a while: closing at once would reset
  /// the connection and could take the answer from the client's hands.
  Awaitable<void> Refuse(bool http_1_0) {
    const auto& on_refused = shard_->shared.options.on_refused;
    if (on_refused) on_refused(refusal_->status, remote_);
    AppendHead(out_, *refusal_, {.keep_alive = false, .http_1_0 = http_1_0});
    out_ += refusal_->body;
    expired_ = false;
    if (!co_await Flush()) co_return;
    error_code failure;
    if constexpr (!kTls) socket().shutdown(tcp::socket::shutdown_send, failure);
    Enter(Phase::kWrite, kLinger);
    while (!failure && !expired_) {
      buffer_.clear();
      std::tie(failure, std::ignore) =
          co_await stream_.async_read_some(buffer_.prepare(kBodyRoom), kAwait);
    }
  }

  /// Sends what has gathered, then waits for bytes; false on error, end or deadline.
  Awaitable<bool> ReadMore(size_t room) {
    if (!out_.empty()) {
      const Phase phase = phase_;
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
      if (!co_await Flush()) co_return false;
      Enter(phase, left);
    }
    // A drain may have begun while this session was not waiting for a request.
    if (phase_ == Phase::kIdle && shard_->draining) co_return false;
    const auto [failure, count] = co_await stream_.async_read_some(buffer_.prepare(room), kAwait);
    buffer_.commit(failure ? 0 : count);
    co_return !failure && !expired_;
  }

  Awaitable<bool> Flush() {
    if (out_.empty()) co_return true;
    Enter(Phase::kWrite, limits_.write_timeout);
    const auto [failure, count] = co_await asio::async_write(stream_, asio::buffer(out_), kAwait);
    out_.clear();
    if (out_.capacity() > 4 * kFlushAbove) out_.shrink_to_fit();
    co_return !failure && !expired_;
  }

  std::shared_ptr<Shard> shard_;
  const Limits& limits_;
  Stream stream_;
  std::string remote_;
  std::string client_name_;  // by its certificate
  bool agreed_ = false;      // on TLS
  beast::flat_buffer buffer_;
  std::string out_;
  std::shared_ptr<Exchange> exchange_;
  std::optional<Inflater> inflater_;  // while a compressed body comes
  std::optional<Response> refusal_;
  Phase phase_ = Phase::kIdle;
  Clock::time_point phase_begin_{};
  Clock::time_point deadline_ = Clock::time_point::max();
  bool expired_ = false;
};

void Shard::Sweep() {
  const auto now = Clock::now();
  for (Connection* connection : connections) connection->CheckDeadline(now);
}

void Shard::Drain() {
  draining = true;
  for (Connection* connection : connections) connection->CloseIfIdle();
}

void Shard::Abort() {
  aborted = true;
  sweeper.cancel();
  reloader.cancel();
  for (Connection* connection : connections) connection->Abort();
}

Awaitable<void> Shard::KeepSweeping() {
  while (!aborted) {
    sweeper.expires_after(kSweepEvery);
    co_await sweeper.async_wait(kAwait);
    Sweep();
  }
}

template <class Stream>
Awaitable<void> RunSession(std::shared_ptr<Shard> shard, Stream stream) {
  Session<Stream> session(std::move(shard), std::move(stream));
  co_await session.Run();
}

template Awaitable<void> RunSession(std::shared_ptr<Shard> shard, Socket socket);
template Awaitable<void> RunSession(std::shared_ptr<Shard> shard, TlsStream stream);

Response Refusal(int status, Code code, std::string_view message) {
  return Response::Json(
      {{"error", Info(code).name}, {"code", Info(code).number}, {"message", message}}, status);
}

}  // namespace keelrow::http
