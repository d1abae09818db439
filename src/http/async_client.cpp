#include "http/async_client.h"

#include <fmt/format.h>
#include <pthread.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <deque>
#include <map>
#include <thread>

#include "base/log.h"
#include "http/client_wire.h"
#include "http/shard.h"
#include "http/tls_context.h"

namespace keelrow::http {

namespace beast = boost::beast;
using Parser = beast::http::response_parser<beast::http::string_body>;
using Resolver = tcp::resolver::rebind_executor<Executor>::other;

// The loop ----------------------------------------------------------------------------------------

struct ClientLoop::Impl {
  asio::io_context io{1};
  asio::executor_work_guard<Executor> work{io.get_executor()};
  asio::steady_timer alarm{io};
  std::map<Timer, std::function<void()>> timers;
  std::unordered_set<AsyncClient::Call*> calls;
  uint64_t timers_made = 0;
  bool stopping = false;
  std::thread thread;

  void SetAlarm() {
    if (timers.empty() || stopping) return;
    alarm.expires_at(timers.begin()->first.first);
    alarm.async_wait([this](const error_code& failure) {
      if (!failure) RunDue();
    });
  }

  void RunDue() {
    const auto now = Clock::now();
    while (!timers.empty() && timers.begin()->first.first <= now) {
      const auto due = timers.extract(timers.begin());
      due.mapped()();
    }
    SetAlarm();
  }

  Timer At(Clock::time_point when, std::function<void()> work) {
    const Timer timer(when, timers_made++);
    const bool first = timers.empty() || when < timers.begin()->first.first;
    timers.emplace(timer, std::move(work));
    if (first) SetAlarm();
    return timer;
  }

  void Stop();
};

ClientLoop::ClientLoop() : impl_(std::make_shared<Impl>()) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->io.run(); });
  pthread_setname_np(impl_->thread.native_handle(), "http-client");
}

ClientLoop::~ClientLoop() {
  Post([impl = impl_.get()] { impl->Stop(); });
  impl_->thread.join();
}

void ClientLoop::Post(std::function<void()> work) {
  asio::post(impl_->io, std::move(work));
}

ClientLoop::Timer ClientLoop::At(Clock::time_point when, std::function<void()> work) {
  return impl_->At(when, std::move(work));
}

void ClientLoop::Cancel(const Timer& timer) {
  impl_->timers.erase(timer);
}

// A call ------------------------------------------------------------------------------------------

namespace {

struct KeptConnection {
  explicit KeptConnection(asio::io_context& io) : socket(io), resolver(io) {}

  void Close() {
    error_code ignored;
    resolver.cancel();
    socket.close(ignored);
  }

  /// Open, and nothing waits in it: neither an end nor bytes that nobody asked for.
  bool Reusable() {
    error_code failure;
    socket.non_blocking(true, failure);
    char byte = 0;
    socket.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, failure);
    return failure == asio::error::would_block && buffer.size() == 0;
  }

  /// Calls `use` with the stream that the bytes go through.
  template <class Use>
  auto WithStream(const Use& use) {
    return tls ? use(*tls) : use(socket);
  }

  Socket socket;
  Resolver resolver;
  std::optional<asio::ssl::stream<Socket&>> tls;
  beast::flat_buffer buffer;
  Clock::time_point idle_since{};
};

}  // namespace

class AsyncClient::Call {
 public:
  Call(ClientLoop::Impl& loop, std::string bytes, bool is_head, Done done)
      : loop(loop), bytes(std::move(bytes)), is_head(is_head), done(std::move(done)) {
    loop.calls.insert(this);
  }
  ~Call() { loop.calls.erase(this); }
  Call(const Call&) = delete;

  /// From now until `when`; then it ends with `late`.
  void SetDeadline(Clock::time_point when, const char* late) {
    loop.timers.erase(timer);
    timer = loop.At(when, [this, late] { End(Error(Code::kTimeout, late)); });
  }

  /// Lets what is under way fail; the coroutine then reports `why`.
  void End(Error why) {
    if (!ended) ended = std::move(why);
    if (connection) connection->Close();
  }

  void Report(Expected<Response> response) {
    loop.timers.erase(timer);
    const Done report = std::exchange(done, nullptr);
    if (!report) return;
    if (ended && !response.ok()) response = *ended;
    report({.response = std::move(response), .progress = progress, .kept_connection = kept});
  }

  ClientLoop::Impl& loop;
  const std::string bytes;
  const bool is_head;
  Done done;
  std::unique_ptr<KeptConnection> connection;
  std::optional<Error> ended;
  ClientLoop::Timer timer{};
  Progress progress = Progress::kNotSent;
  bool kept = false;
};

void ClientLoop::Impl::Stop() {
  stopping = true;
  timers.clear();
  alarm.cancel();
  work.reset();
  for (AsyncClient::Call* call : calls) {
    call->End(Error(Code::kInterrupted, "the program stops"));
  }
}

struct AsyncClient::Impl : std::enable_shared_from_this<AsyncClient::Impl> {
  Impl(std::shared_ptr<ClientLoop::Impl> loop, AsyncClientOptions given)
      : loop(std::move(loop)),
        options(std::move(given)),
        context(options.tls ? MakeTlsContext(*options.tls) : nullptr),
        authority(AuthorityOf(options.host, options.port, context ? 443 : 80)) {}

  std::unique_ptr<KeptConnection> TakeIdle() {
    while (!idle.empty()) {
      std::unique_ptr<KeptConnection> latest = std::move(idle.back());
      idle.pop_back();
      if (Clock::now() - latest->idle_since < options.idle_timeout && latest->Reusable()) {
        return latest;
      }
    }
    return nullptr;
  }

  void Keep(std::unique_ptr<KeptConnection> connection) {
    if (loop->stopping || connection->buffer.size() > 0) return;
    connection->idle_since = Clock::now();
    idle.push_back(std::move(connection));
    if (idle.size() > options.idle_max) idle.pop_front();
  }

  Error IoError(const char* action, const error_code& failure) const {
    return Error(Code::kIo, fmt::format("cannot {} {}: {}", action, authority, failure.message()));
  }

  Error ReadError(const error_code& failure) const {
    const bool malformed = failure.category() ==
                           beast::http::make_error_code(beast::http::error::bad_version).category();
    if (!malformed || failure == beast::http::error::partial_message ||
        failure == beast::http::error::end_of_stream) {
      return IoError("read from", failure);
    }
    if (failure == beast::http::error::body_limit) {
      return Error(Code::kTooLarge, fmt::format("the answer of {} has more than {} bytes",
                                                authority, options.response_bytes_max));
    }
    return Error(Code::kBadRequest,
                 fmt::format("the answer of {} is not HTTP: {}", authority, failure.message()));
  }

  Awaitable<error_code> Connect(KeptConnection& connection) {
    error_code failure;
    const auto address = asio::ip::make_address(options.host, failure);
    if (!failure) {
      const tcp::endpoint endpoint(address, options.port);
      const auto [refused] = co_await connection.socket.async_connect(endpoint, kAwait);
      failure = refused;
    } else {
      const auto [unknown, found] = co_await connection.resolver.async_resolve(
          options.host, std::to_string(options.port), kAwait);
      failure = unknown;
      if (!failure) {
        const auto [refused, endpoint] =
            co_await asio::async_connect(connection.socket, found, kAwait);
        failure = refused;
      }
    }
    error_code ignored;
    if (!failure) connection.socket.set_option(tcp::no_delay(true), ignored);
    co_return failure;
  }

  /// Empty when both agreed.
  Awaitable<std::optional<Error>> Handshake(KeptConnection& connection) {
    const std::string& name =
        options.tls->server_name.empty() ? options.host : options.tls->server_name;
    connection.tls.emplace(connection.socket, *context);
    PrepareHandshake(*connection.tls, name);
    const auto [failure] =
        co_await connection.tls->async_handshake(asio::ssl::stream_base::client, kAwait);
    if (!failure) co_return std::nullopt;
    Error disagreed(Code::kIo,
                    fmt::format("cannot agree on TLS with {}: {}", authority,
                                HandshakeFailure(connection.tls->native_handle(), failure)));
    co_return disagreed;
  }

  /// Reads until the final answer: 100 Continue may come first.
  Awaitable<error_code> Read(Call& call, std::optional<Parser>& parser) {
    error_code failure;
    do {
      parser.emplace();
      parser->body_limit(options.response_bytes_max);
      parser->skip(call.is_head);
      KeptConnection& connection = *call.connection;
      const auto [read_failure, count] = co_await connection.WithStream([&](auto& stream) {
        return beast::http::async_read(stream, connection.buffer, *parser, kAwait);
      });
      failure = read_failure;
      if (parser->got_some()) call.progress = Progress::kAnswering;
    } while (!failure && parser->get().result_int() / 100 == 1);
    co_return failure;
  }

  Awaitable<void> Exchange(std::shared_ptr<Call> call, Clock::time_point deadline) {
    call->connection = TakeIdle();
    call->kept = call->connection != nullptr;
    if (!call->kept) {
      call->connection = std::make_unique<KeptConnection>(loop->io);
      call->SetDeadline(std::min(deadline, Clock::now() + options.connect_timeout),
                        "the connection was not made in time");
      const error_code refused = co_await Connect(*call->connection);
      if (refused || call->ended) co_return call->Report(IoError("connect to", refused));
      if (context) {
        const std::optional<Error> disagreed = co_await Handshake(*call->connection);
        if (disagreed || call->ended) co_return call->Report(disagreed.value_or(*call->ended));
      }
    }
    call->SetDeadline(deadline, "the answer did not come in time");
    call->progress = Progress::kSent;
    const auto [unsent, count] = co_await call->connection->WithStream(
        [&](auto& stream) { return asio::async_write(stream, asio::buffer(call->bytes), kAwait); });
    if (call->ended) co_return call->Report(*call->ended);
    // A server may refuse while it is being sent to: its answer is worth more than a broken pipe.
    std::optional<Parser> parser;
    const error_code unread = co_await Read(*call, parser);
    if (unread) co_return call->Report(ReadError(unread));
    auto& message = parser->get();
    Response response{.status = static_cast<int>(message.result_int())};
    for (const auto& field : message) {
      response.headers.Add(std::string(field.name_string()), std::string(field.value()));
    }
    response.body = std::move(message.body());
    if (!unsent && !call->ended && parser->keep_alive()) Keep(std::move(call->connection));
    call->Report(std::move(response));
  }

  const std::shared_ptr<ClientLoop::Impl> loop;
  const AsyncClientOptions options;
  const std::shared_ptr<asio::ssl::context> context;  // null: plain
  const std::string authority;
  std::deque<std::unique_ptr<KeptConnection>> idle;
};

AsyncClientOptions AsyncClientOptions::To(const Url& url) {
  AsyncClientOptions options{.host = url.host, .port = url.port};
  if (url.https) options.tls.emplace();
  return options;
}

AsyncClient::AsyncClient(ClientLoop& loop, AsyncClientOptions options)
    : impl_(std::make_shared<Impl>(loop.impl_, std::move(options))) {}
AsyncClient::~AsyncClient() = default;

std::shared_ptr<AsyncClient::Call> AsyncClient::Send(const ClientRequest& request,
                                                     Clock::time_point deadline, Done done) {
  ClientLoop::Impl& loop = *impl_->loop;
  const auto call = std::make_shared<Call>(loop, SerializeRequest(request, impl_->authority),
                                           request.method == "HEAD", std::move(done));
  if (loop.stopping) {
    asio::post(loop.io, [call] { call->Report(Error(Code::kInterrupted, "the program stops")); });
    return call;
  }
  asio::co_spawn(loop.io, impl_->Exchange(call, deadline),
                 [impl = impl_, call](const std::exception_ptr& failure) {
                   if (failure) call->Report(Error(Code::kInternal, "a call ended with a fault"));
                 });
  return call;
}

void AsyncClient::Cancel(Call& call) {
  call.End(Error(Code::kInterrupted, "nobody needs the answer any more"));
}

}  // namespace keelrow::http
