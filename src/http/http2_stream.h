#pragma once

// Private to http/, like shard.h.

#include <deque>
#include <optional>
#include <span>
#include <string>

#include "http/body_reader.h"
#include "http/grpc.h"
#include "http/shard.h"

namespace keelrow::http {

/// What a stream asks of its connection, which alone knows the library that makes the frames.
class Http2Wire {
 public:
  virtual ~Http2Wire() = default;
  virtual const std::shared_ptr<Shard>& shard() const = 0;
  virtual const Peer& peer() const = 0;
  /// Sends the head of an answer. With `ends` nothing follows it, else Http2Stream::Give.
  virtual void SendHead(int32_t id, int status, const Headers& headers, bool ends) = 0;
  /// Give has more than when it was called last.
  virtual void Resume(int32_t id) = 0;
  /// So many bytes of the body need no more room: the client may send as many again.
  virtual void Consumed(int32_t id, size_t bytes) = 0;
  /// Breaks the stream off.
  virtual void Cancel(int32_t id) = 0;
  /// Calls Http2Stream::Advance later, so that others have their turn before.
  virtual void AdvanceLater(int32_t id) = 0;
  /// Calls Http2Stream::SendAnswers, later, when the exchange has its answer.
  virtual void WhenAnswered(int32_t id, Exchange& exchange) = 0;
};

/// One stream of an HTTP/2 connection: a request and its answer or, in gRPC, the messages of both
/// ways. What comes goes through a BodyReader; whole requests become Exchanges, which are answered
/// in their order. On the shard's thread only.
///
///   TakeField … EndHead, TakeData …, EndInput ── Exchange … ── SendHead, Give … ── trailers
class Http2Stream {
 public:
  Http2Stream(Http2Wire& wire, int32_t id);

  void TakeField(std::string_view name, std::string_view value);
  void EndHead();
  void TakeData(std::string_view bytes);
  void EndInput();
  /// Goes on with what has come, if there is more to do with it.
  void Advance();
  /// Sends what has been answered.
  void SendAnswers();

  /// The next bytes of the answer's body; 0 when there are none now.
  size_t Give(std::span<uint8_t> room);
  bool GaveAll() const { return ends_ && out_at_ == out_.size(); }
  /// What follows the body.
  const Headers& trailers() const { return trailers_; }
  /// The client still sends, or may.
  bool InputOpen() const { return !input_ended_; }
  /// Its header has not come whole by now, so that nothing on the connection can be read.
  bool IsHeaderLate(Clock::time_point now) const { return !has_head_ && now >= input_deadline_; }

  void CheckDeadline(Clock::time_point now);
  /// No more messages are taken; those that came are answered.
  void Drain();
  /// The stream has ended: whoever still works for it hears so. Returns those exchanges.
  std::vector<std::weak_ptr<Exchange>> Close();
  /// The server is torn down.
  void Abort();

 private:
  struct Asked {
    std::shared_ptr<Exchange> exchange;
    Clock::time_point deadline;
  };

  /// A reason not to take the request of which the head is there.
  std::optional<Response> RefusalOfHead();
  /// Announced or come so far, it must fit: else the refusal.
  std::optional<Response> MakeRoom(size_t body_bytes);
  void Read(std::string_view& input);
  void Ask();
  void FinishInput();
  /// Answers what is not given to a handler (any more), and takes nothing more.
  void Refuse(Response response);
  void DropInput();
  std::vector<std::weak_ptr<Exchange>> CancelAsked();
  void Send(Response response);
  void SendPlain(Response response);
  void EndGrpc(const Response& response, const GrpcStatus& status);
  void End(Headers trailers);
  /// As many messages wait for handlers, or answers for the client, as may.
  bool IsStalled() const;
  void SetInputDeadline();

  Http2Wire& wire_;
  const int32_t id_;
  const Limits& limits_;

  Request head_;
  size_t head_bytes_ = 0;
  bool has_head_ = false;
  bool grpc_ = false;
  bool many_ = false;  // messages

  std::optional<BodyReader> reader_;
  std::string unread_;    // came, but from …
  size_t unread_at_ = 0;  // … here on was not taken yet
  std::string body_;      // of the request that comes
  BodyRoom room_;         // for both
  bool input_ended_ = false;
  bool finished_input_ = false;  // and all of it was taken
  bool dropping_ = false;        // whatever comes is of no use
  bool working_ = false;         // the reader has more to do with what it took
  bool later_ = false;           // Advance has been asked for
  bool stopping_ = false;        // the server; no more messages are taken

  std::deque<Asked> asked_;
  bool head_sent_ = false;
  std::string out_;
  size_t out_at_ = 0;
  bool ends_ = false;  // nothing follows `out_` but the trailers
  Headers trailers_;

  Clock::time_point body_deadline_{};  // of the body or message that comes
  Clock::time_point input_deadline_;
  Clock::time_point output_deadline_ = Clock::time_point::max();
};

}  // namespace keelrow::http
