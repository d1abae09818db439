#pragma once

// Private to http/, like shard.h.

#include <memory>
#include <unordered_map>

#include "http/http2_stream.h"

struct nghttp2_session;  // NOLINT(readability-identifier-naming): the library's own name

namespace keelrow::http {

/// HTTP/2 (RFC 9113) without sockets: bytes come in, requests go to the router, bytes go out. What
/// a client may cost is bounded: streams at once, also those that it has reset while handlers still
/// work for it; memory by windows of flow control and the server's budget of bodies; and frames
/// that ask for nothing, by a bucket. On the shard's thread only.
class Http2Connection final : public Http2Wire,
                              public std::enable_shared_from_this<Http2Connection> {
 public:
  /// `wake` is called, outside of all methods, when there may be more to Take.
  Http2Connection(std::shared_ptr<Shard> shard, Peer peer, std::function<void()> wake);
  ~Http2Connection() override;

  /// False when the connection is broken beyond a goodbye.
  bool Receive(std::string_view bytes);
  /// Appends what is to be sent, up to some 64 KiB a call; nothing when all was.
  void Take(std::string& out);
  /// Nothing is to be read or sent any more.
  bool Ended() const;
  bool Idle() const { return streams_.empty(); }

  void CheckDeadline(Clock::time_point now);
  /// Takes no more requests; ends when those in flight have been answered.
  void Drain();
  /// The client has gone.
  void Close();
  /// The server is torn down.
  void Abort();

  const std::shared_ptr<Shard>& shard() const override { return shard_; }
  const Peer& peer() const override { return peer_; }
  void SendHead(int32_t id, int status, const Headers& headers, bool ends) override;
  void Resume(int32_t id) override;
  void Consumed(int32_t id, size_t bytes) override;
  void Cancel(int32_t id) override;
  void AdvanceLater(int32_t id) override;
  void WhenAnswered(int32_t id, Exchange& exchange) override;

 private:
  struct Hooks;  // what the library calls
  struct Delete {
    void operator()(nghttp2_session* session) const;
  };

  Http2Stream* Find(int32_t id);
  void SendSettings();
  void Begin(int32_t id);
  void End(int32_t id);
  /// Calls `work` with the stream, if it is still there, and wakes.
  template <class Work>
  std::function<void()> Later(int32_t id, Work work);
  void SayGoodbye(uint32_t why);
  /// Streams whose client has gone while a handler still has them.
  size_t CountLeft();
  void Spend(int frames) { frames_left_ -= frames; }
  void Earn(int frames);

  std::shared_ptr<Shard> shard_;
  const Limits& limits_;
  Peer peer_;
  std::function<void()> wake_;
  std::unique_ptr<nghttp2_session, Delete> session_;
  std::unordered_map<int32_t, std::unique_ptr<Http2Stream>> streams_;
  std::vector<std::weak_ptr<Exchange>> left_;
  int frames_left_;
  bool goodbye_ = false;
  Clock::time_point idle_deadline_;
};

}  // namespace keelrow::http
