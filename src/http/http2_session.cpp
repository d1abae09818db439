#include "http/http2_connection.h"

namespace keelrow::http {
namespace {

constexpr std::chrono::milliseconds kLinger{2'000};
// An idle connection holds the smaller one; it grows while that much comes.
constexpr size_t kReadMin = size_t{4} << 10;
constexpr size_t kReadMax = size_t{64} << 10;

}  // namespace

/// The socket of an Http2Connection: reads in a coroutine, and sends beside it, since answers come
/// when they like.
template <class Stream>
class Http2Session final : public Connection,
                           public std::enable_shared_from_this<Http2Session<Stream>> {
 public:
  Http2Session(std::shared_ptr<Shard> shard, Http2Opening<Stream> opening)
      : shard_(std::move(shard)),
        stream_(std::move(opening.stream)),
        peer_(std::move(opening.peer)),
        opening_(std::move(opening.received)) {
    shard_->connections.insert(this);
  }
  ~Http2Session() override { shard_->connections.erase(this); }
  Http2Session(const Http2Session&) = delete;

  Awaitable<void> Run() {
    frames_ = std::make_shared<Http2Connection>(shard_, std::move(peer_),
                                                [weak = this->weak_from_this()] {
                                                  if (const auto self = weak.lock()) self->Send();
                                                });
    if (shard_->draining) frames_->Drain();
    bool open = frames_->Receive(opening_);
    Send();
    std::string room(kReadMin, '\0');
    while (open && !ended_ && !shard_->aborted) {
      const auto [failure, count] =
          co_await stream_.async_read_some(asio::buffer(room.data(), room.size()), kAwait);
      open = !failure && frames_->Receive({room.data(), count});
      if (open) Resize(room, count);
      Send();
    }
    frames_->Close();
    if (ended_) co_await Linger(room);
    error_code ignored;
    socket().shutdown(tcp::socket::shutdown_both, ignored);
    socket().close(ignored);
  }

  void CheckDeadline(Clock::time_point now) override {
    if (now >= deadline_) {  // the client does not read, or lingers
      error_code ignored;
      socket().close(ignored);
      return;
    }
    if (!frames_ || ended_) return;
    frames_->CheckDeadline(now);
    Send();
  }

  void CloseIfIdle() override {
    if (!frames_ || ended_) return;
    frames_->Drain();
    Send();
  }

  void Abort() override {
    if (frames_) frames_->Abort();
    error_code ignored;
    socket().close(ignored);
  }

 private:
  Socket& socket() {
    if constexpr (std::same_as<Stream, TlsStream>) return stream_.next_layer();
    if constexpr (!std::same_as<Stream, TlsStream>) return stream_;
  }

  void Resize(std::string& room, size_t used) const {
    if (used == room.size() && used < kReadMax) room.resize(4 * used);
    if (frames_->Idle() && room.size() > kReadMin) std::string(kReadMin, '\0').swap(room);
  }

  /// Sends what there is, and goes on until there is no more. Ends the connection when there never
  /// will be.
  void Send() {
    if (sending_ || ended_) return;
    out_.clear();
    frames_->Take(out_);
    if (out_.empty()) {
      if (out_.capacity() > 4 * kReadMax) out_.shrink_to_fit();
      if (frames_->Ended()) End();
      return;
    }
    sending_ = true;
    deadline_ = Clock::now() + shard_->shared.options.limits.write_timeout;
    asio::async_write(stream_, asio::buffer(out_),
                      [self = this->shared_from_this()](const error_code& failure, size_t) {
                        self->sending_ = false;
                        self->deadline_ = Clock::time_point::max();
                        if (!failure) self->Send();
                      });
  }

  /// All has been sent: what is still read is of no use.
  void End() {
    ended_ = true;
    error_code ignored;
    socket().cancel(ignored);
  }

  /// Closing at once would reset the connection and could take a goodbye from the client's hands.
  Awaitable<void> Linger(std::string& room) {
    error_code failure;
    if constexpr (!std::same_as<Stream, TlsStream>) {
      socket().shutdown(tcp::socket::shutdown_send, failure);
    }
    deadline_ = Clock::now() + kLinger;
    while (!failure && !shard_->aborted) {
      std::tie(failure, std::ignore) =
          co_await stream_.async_read_some(asio::buffer(room.data(), room.size()), kAwait);
    }
  }

  std::shared_ptr<Shard> shard_;
  Stream stream_;
  Peer peer_;
  std::string opening_;
  std::shared_ptr<Http2Connection> frames_;
  std::string out_;
  bool sending_ = false;
  bool ended_ = false;
  Clock::time_point deadline_ = Clock::time_point::max();
};

template <class Stream>
Awaitable<void> RunHttp2(std::shared_ptr<Shard> shard, Http2Opening<Stream> opening) {
  const auto session = std::make_shared<Http2Session<Stream>>(std::move(shard), std::move(opening));
  co_await session->Run();
}

template Awaitable<void> RunHttp2(std::shared_ptr<Shard> shard, Http2Opening<Socket> opening);
template Awaitable<void> RunHttp2(std::shared_ptr<Shard> shard, Http2Opening<TlsStream> opening);

}  // namespace keelrow::http
