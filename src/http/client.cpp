#include "http/client.h"

#include <fmt/format.h>

#include <boost/asio.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "http/client_wire.h"
#include "http/tls_context.h"
#include "http/wire.h"

namespace keelrow::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Parser = beast::http::response_parser<beast::http::string_body>;

}  // namespace

struct Client::Impl {
  explicit Impl(ClientOptions given) : options(std::move(given)) {
    if (options.tls) context = MakeTlsContext(*options.tls);
  }

  /// Runs the one operation that was started, until it ends or the deadline passes.
  void Run(const char* action) {
    io.restart();
    io.run_until(deadline);
    if (io.stopped()) return;
    Close();
    io.run();
    throw Error(Code::kTimeout, fmt::format("cannot {} {}:{} within {} ms", action, options.host,
                                            options.port, options.timeout.count()));
  }

  [[noreturn]] void Fail(const char* action, const error_code& failure) {
    Close();
    throw Error(Code::kIo, fmt::format("cannot {} {}:{}: {}", action, options.host, options.port,
                                       failure.message()));
  }

  void Close() {
    error_code ignored;
    resolver.cancel();
    socket.close(ignored);  // `tls` stays: what still runs in it ends first
    buffer.clear();
  }

  std::vector<tcp::endpoint> Find() {
    std::vector<tcp::endpoint> endpoints;
    error_code failure;
    for (const std::string& address : options.addresses) {
      endpoints.emplace_back(asio::ip::make_address(address, failure), options.port);
      if (failure) Fail("find", failure);
    }
    if (!endpoints.empty()) return endpoints;
    resolver.async_resolve(options.host, std::to_string(options.port),
                           [&](const error_code& error, const tcp::resolver::results_type& found) {
                             failure = error;
                             for (const auto& entry : found) endpoints.push_back(entry.endpoint());
                           });
    Run("find");
    if (failure) Fail("find", failure);
    return endpoints;
  }

  void Connect() {
    const std::vector<tcp::endpoint> endpoints = Find();
    error_code failure;
    asio::async_connect(socket, endpoints,
                        [&](const error_code& error, const tcp::endpoint&) { failure = error; });
    Run("connect to");
    if (failure) Fail("connect to", failure);
    socket.set_option(tcp::no_delay(true), failure);
    if (context) Handshake();
  }

  void Handshake() {
    const std::string& name =
        options.tls->server_name.empty() ? options.host : options.tls->server_name;
    tls.emplace(socket, *context);
    PrepareHandshake(*tls, name);
    error_code failure;
    tls->async_handshake(asio::ssl::stream_base::client,
                         [&](const error_code& error) { failure = error; });
    Run("agree on TLS with");
    if (!failure) return;
    const std::string reason = HandshakeFailure(tls->native_handle(), failure);
    Close();
    throw Error(Code::kIo, fmt::format("cannot agree on TLS with {}:{}: {}", options.host,
                                       options.port, reason));
  }

  /// Calls `use` with the stream that the bytes go through.
  template <class Use>
  void WithStream(const Use& use) {
    if (tls) return use(*tls);
    use(socket);
  }

  /// Whether the kept connection can take another request: open, and nothing waits in it (an end
  /// of file, or bytes that nobody asked for).
  bool Reusable() {
    if (!socket.is_open()) return false;
    error_code failure;
    socket.non_blocking(true, failure);
    char byte = 0;
    socket.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, failure);
    if (failure == asio::error::would_block) return true;
    Close();
    return false;
  }

  /// Empty when the connection was found closed before any byte of an answer.
  std::optional<Response> Exchange(const ClientRequest& request, const std::string& bytes) {
    error_code write_failure;
    const auto sent = [&](const error_code& error, size_t) { write_failure = error; };
    WithStream([&](auto& stream) { asio::async_write(stream, asio::buffer(bytes), sent); });
    Run("send to");
    // A server may refuse a request while it is being sent: its answer is worth more than our
    // broken pipe, so reading is tried all the same.
    std::optional<Parser> parser;
    do {  // until the final answer: 100 Continue may come first
      parser.emplace();
      parser->body_limit(options.response_bytes_max);
      parser->skip(request.method == "HEAD");
      if (!Read(*parser)) return std::nullopt;
    } while (parser->get().result_int() / 100 == 1);
    if (!parser->keep_alive() || write_failure) Close();
    return Taken(*parser);
  }

  bool Read(Parser& parser) {
    error_code failure;
    const auto done = [&](const error_code& error, size_t) { failure = error; };
    WithStream([&](auto& stream) { beast::http::async_read(stream, buffer, parser, done); });
    Run("read from");
    if (!failure) return true;
    const bool nothing = !parser.got_some();
    if (nothing &&
        (failure == beast::http::error::end_of_stream || failure == asio::error::connection_reset ||
         failure == asio::error::broken_pipe || failure == asio::ssl::error::stream_truncated)) {
      Close();
      return false;
    }
    ThrowReadFailure(failure);
  }

  [[noreturn]] void ThrowReadFailure(const error_code& failure) {
    const std::string place = fmt::format("{}:{}", options.host, options.port);
    const bool malformed = failure.category() ==
                           beast::http::make_error_code(beast::http::error::bad_version).category();
    if (!malformed || failure == beast::http::error::partial_message) Fail("read from", failure);
    Close();
    if (failure == beast::http::error::body_limit) {
      throw Error(Code::kTooLarge, fmt::format("the answer of {} has more than {} bytes", place,
                                               options.response_bytes_max));
    }
    throw Error(Code::kBadRequest,
                fmt::format("the answer of {} is not HTTP: {}", place, failure.message()));
  }

  Response Taken(Parser& parser) {
    auto& message = parser.get();
    Response response{.status = static_cast<int>(message.result_int())};
    for (const auto& field : message) {
      response.headers.Add(std::string(field.name_string()), std::string(field.value()));
    }
    response.body = std::move(message.body());
    return response;
  }

  ClientOptions options;
  asio::io_context io{1};
  tcp::resolver resolver{io};
  tcp::socket socket{io};
  std::shared_ptr<asio::ssl::context> context;         // null: plain
  std::optional<asio::ssl::stream<tcp::socket&>> tls;  // the present connection's, or the last's
  beast::flat_buffer buffer;
  Clock::time_point deadline{};
};

ClientOptions ClientOptions::To(const Url& url) {
  ClientOptions options{.host = url.host, .port = url.port};
  if (url.https) options.tls.emplace();
  return options;
}

Client::Client(ClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Client::~Client() = default;
Client::Client(Client&& other) noexcept = default;

Response Client::Send(const ClientRequest& request) {
  impl_->deadline = Clock::now() + impl_->options.timeout;
  const std::string bytes = SerializeRequest(
      request,
      AuthorityOf(impl_->options.host, impl_->options.port, impl_->options.tls ? 443 : 80));
  const bool reused = impl_->Reusable();
  if (!reused) impl_->Connect();
  if (auto response = impl_->Exchange(request, bytes)) return std::move(*response);
  if (reused && IsIdempotent(request.method)) {
    impl_->Connect();
    if (auto response = impl_->Exchange(request, bytes)) return std::move(*response);
  }
  throw Error(Code::kIo, fmt::format("{}:{} closed the connection without an answer",
                                     impl_->options.host, impl_->options.port));
}

Response Client::Get(std::string target, Headers headers) {
  return Send({.target = std::move(target), .headers = std::move(headers)});
}

Response Client::Post(std::string target, std::string body, Headers headers) {
  return Send({.method = "POST",
               .target = std::move(target),
               .headers = std::move(headers),
               .body = std::move(body)});
}

}  // namespace keelrow::http
