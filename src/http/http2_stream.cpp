#include "http/http2_stream.h"

#include <algorithm>
#include <charconv>

#include "http/grpc.h"
#include "http/target.h"
#include "http/wire.h"

namespace keelrow::http {
namespace {

constexpr unsigned kVersion = 20;
constexpr auto kNever = Clock::time_point::max();
// Messages of one stream that are being answered; more wait in its window of flow control.
constexpr size_t kMessagesAtOnce = 32;
// Answers that wait to be sent on one stream; above it no more messages are taken.
constexpr size_t kOutMax = size_t{1} << 20;
// So much that was taken lies before what was not, until that is moved to the front.
constexpr size_t kUnreadGoneMax = size_t{256} << 10;

/// What its Content-Length says; 0 without one.
size_t AnnouncedLength(const Headers& headers) {
  size_t length = 0;
  const std::string_view text = headers.Find("Content-Length").value_or("");
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length;
}

/// The head of an answer in gRPC, with what else a middleware or handler had to say in fields.
Headers GrpcHead(const Response& response) {
  Headers fields = {{"content-type", "application/grpc"},
                    {"grpc-accept-encoding", "identity,gzip,deflate"}};
  for (const auto& [name, value] : response.headers) {
    const bool own = EqualIgnoringCase(name, "Content-Type") ||
                     EqualIgnoringCase(name, "Content-Length") ||
                     EqualIgnoringCase(name, "grpc-accept-encoding");
    if (!own) fields.Add(name, value);
  }
  return fields;
}

}  // namespace

Http2Stream::Http2Stream(Http2Wire& wire, int32_t id)
    : wire_(wire),
      id_(id),
      limits_(wire.shard()->shared.options.limits),
      input_deadline_(Clock::now() + limits_.header_timeout) {
  head_.received = Clock::now();
  head_.remote = wire.peer().remote;
  head_.client_name = wire.peer().client_name;
}

void Http2Stream::TakeField(std::string_view name, std::string_view value) {
  if (has_head_) return;  // a trailer adds no field to a request
  head_bytes_ += name.size() + value.size();
  if (head_bytes_ > limits_.header_bytes_max) return;
  if (name == ":method") {
    head_.method = value;
  } else if (name == ":path") {
    head_.target = value;
  } else if (name == ":authority") {
    head_.headers.Set("host", std::string(value));
  } else if (name == "host") {  // :authority comes before it, and counts
    if (!head_.headers.Find("host")) head_.headers.Add("host", std::string(value));
  } else if (!name.starts_with(':')) {
    head_.headers.Add(std::string(name), std::string(value));
  }
}

std::optional<Response> Http2Stream::RefusalOfHead() {
  if (head_bytes_ > limits_.header_bytes_max) {
    return Refusal(431, Code::kTooLarge, "the header is larger than the server allows");
  }
  if (auto refusal = RefuseHeader(head_, kVersion)) return refusal;
  if (const auto error = ParseTarget(head_)) return Response::FromError(*error);
  const std::optional<Coding> coding = grpc_ ? GrpcCoding(head_.headers) : CodingOf(head_.headers);
  if (!coding) {
    Response refusal =
        Response::FromError(Error(Code::kUnsupported, "messages may be gzip or deflate"));
    refusal.headers.Add("grpc-accept-encoding", "identity,gzip,deflate");
    return refusal;
  }
  const size_t length = AnnouncedLength(head_.headers);
  if (!grpc_ && length > limits_.body_bytes_max) {
    return Refusal(413, Code::kTooLarge, "the body is larger than the server allows");
  }
  reader_.emplace(
      grpc_ ? BodyReader::Framing::kMessages : BodyReader::Framing::kNone, *coding,
      InflateLimits{.bytes_max = limits_.body_bytes_max, .ratio_max = limits_.inflate_ratio_max});
  return MakeRoom(std::min(length, limits_.body_bytes_max));
}

void Http2Stream::EndHead() {
  has_head_ = true;
  grpc_ = IsGrpc(head_);
  room_ = BodyRoom(wire_.shard()->shared.bodies);
  if (auto refusal = RefusalOfHead()) return Refuse(*std::move(refusal));
  const Route* route = grpc_ ? wire_.shard()->shared.router.Find(head_) : nullptr;
  many_ = route != nullptr && route->body == Body::kMessages;
  // What is of this hop alone, or has been undone when a handler looks.
  for (const char* field : {"te", "grpc-encoding", "grpc-accept-encoding", "Content-Encoding"}) {
    head_.headers.Remove(field);
  }
  body_deadline_ = Clock::now() + limits_.body_timeout;
  SetInputDeadline();
}

std::optional<Response> Http2Stream::MakeRoom(size_t body_bytes) {
  if (room_.GrowTo(body_bytes + reader_->OwnBytes())) return std::nullopt;
  return Response::FromError(
      Error(Code::kOverloaded, "the server holds as many bytes of requests as it may"));
}

void Http2Stream::TakeData(std::string_view bytes) {
  if (dropping_) return wire_.Consumed(id_, bytes.size());
  const size_t rate = std::max<size_t>(limits_.body_bytes_per_second_min, 1);
  body_deadline_ += std::chrono::microseconds(bytes.size() * 1'000'000 / rate);
  if (later_ || unread_at_ < unread_.size() || IsStalled()) {
    unread_.append(bytes);
    if (!later_) Advance();
    return;
  }
  std::string_view input = bytes;  // nothing before it waits: most often it is taken as it lies
  Read(input);
  if (dropping_) return wire_.Consumed(id_, bytes.size());
  unread_.assign(input);
  wire_.Consumed(id_, bytes.size() - input.size());
}

void Http2Stream::EndInput() {
  input_ended_ = true;
  if (!later_) Advance();
}

bool Http2Stream::IsStalled() const {
  return many_ && (asked_.size() >= kMessagesAtOnce || out_.size() - out_at_ > kOutMax);
}

void Http2Stream::Advance() {
  if (dropping_) return;
  std::string_view input = std::string_view(unread_).substr(unread_at_);
  const size_t waiting = input.size();
  Read(input);
  if (dropping_) return wire_.Consumed(id_, waiting);
  wire_.Consumed(id_, waiting - input.size());
  unread_at_ = unread_.size() - input.size();
  if (unread_at_ == unread_.size() || unread_at_ > kUnreadGoneMax) {
    unread_.erase(0, std::exchange(unread_at_, 0));
  }
  if (input_ended_ && unread_.empty() && !working_) FinishInput();
  SetInputDeadline();
}

/// As much as can be taken now; then AdvanceLater, if there is more to do with it.
void Http2Stream::Read(std::string_view& input) {
  later_ = false;
  while (!dropping_ && !IsStalled() && (!input.empty() || working_)) {
    working_ = false;
    if (many_ && !reader_->InMessage()) body_deadline_ = Clock::now() + limits_.body_timeout;
    const Expected<BodyReader::Step> step = reader_->Take(input, body_);
    if (!step) return Refuse(Response::FromError(step.error()));
    if (auto full = MakeRoom(body_.size() + input.size())) return Refuse(*std::move(full));
    if (*step == BodyReader::Step::kHungry) break;
    if (*step == BodyReader::Step::kWorking) {
      working_ = later_ = true;
      return wire_.AdvanceLater(id_);
    }
    if (!many_ && !asked_.empty()) {
      return Refuse(Response::FromError(Error(Code::kBadRequest, "a second message came")));
    }
    Ask();
  }
  SetInputDeadline();
}

void Http2Stream::FinishInput() {
  if (std::exchange(finished_input_, true)) return;
  if (auto fault = reader_->FaultAtEnd()) return Refuse(Response::FromError(*fault));
  if (!grpc_) return Ask();
  if (many_) return SendAnswers();
  if (asked_.empty() && !head_sent_) {
    Refuse(Response::FromError(Error(Code::kBadRequest, "no message came")));
  }
}

/// Hands what has come to the router, as a request.
void Http2Stream::Ask() {
  const auto exchange = std::make_shared<Exchange>(wire_.shard());
  Request& request = exchange->request;
  request = many_ ? head_ : std::exchange(head_, {});
  request.body = std::exchange(body_, {});
  if (request.headers.Find("Content-Length")) {
    request.headers.Set("Content-Length", std::to_string(request.body.size()));
  }
  exchange->body_room = std::exchange(room_, BodyRoom(wire_.shard()->shared.bodies));
  request.arrived = Clock::now();
  if (many_) request.received = request.arrived;  // the stream may have begun hours ago
  request.deadline = request.arrived + limits_.handler_timeout;
  asked_.push_back({.exchange = exchange, .deadline = request.deadline});
  exchange->Handle();
  if (!exchange->answered()) return wire_.WhenAnswered(id_, *exchange);
  SendAnswers();
}

void Http2Stream::SendAnswers() {
  while (!asked_.empty() && asked_.front().exchange->answered() && !ends_) {
    const std::shared_ptr<Exchange> first = std::move(asked_.front().exchange);
    asked_.pop_front();
    head_.method = first->request.method;
    head_.route = first->request.route;
    Send(std::move(first->response()));
  }
  if (!many_ || ends_ || !asked_.empty()) return;
  if (stopping_) {
    const Response stopped = Response::FromError(Error(Code::kOverloaded, "the server stops"));
    EndGrpc(stopped, GrpcStatusOf(head_, stopped));
  } else if (finished_input_) {
    EndGrpc({}, {});
  }
}

void Http2Stream::Refuse(Response response) {
  const auto& on_refused = wire_.shard()->shared.options.on_refused;
  if (on_refused) on_refused(response.status, head_.remote);
  DropInput();
  CancelAsked();
  if (!ends_) Send(std::move(response));
}

void Http2Stream::DropInput() {
  dropping_ = true;
  input_deadline_ = kNever;
  std::string().swap(unread_);
  std::string().swap(body_);
  unread_at_ = 0;
  room_ = BodyRoom();
}

std::vector<std::weak_ptr<Exchange>> Http2Stream::CancelAsked() {
  std::vector<std::weak_ptr<Exchange>> cancelled;
  for (const Asked& asked : std::exchange(asked_, {})) {
    asked.exchange->Cancel();
    cancelled.push_back(asked.exchange);
  }
  return cancelled;
}

void Http2Stream::Send(Response response) {
  if (!grpc_) return SendPlain(std::move(response));
  const bool message = IsGrpcMessage(response) && (many_ || response.status == 200);
  if (!message) return EndGrpc(response, GrpcStatusOf(head_, response));
  if (!head_sent_) wire_.SendHead(id_, 200, GrpcHead(response), false);
  head_sent_ = true;
  if (!many_) End(GrpcStatus{}.Fields());
  if (out_at_ > kOutMax) out_.erase(0, std::exchange(out_at_, 0));
  AppendGrpcMessage(out_, response.body);
  output_deadline_ = Clock::now() + limits_.write_timeout;
  wire_.Resume(id_);
}

void Http2Stream::SendPlain(Response response) {
  const bool without = response.status == 204 || response.status == 304;
  Headers fields = std::move(response.headers);
  if (!without) fields.Set("content-length", std::to_string(response.body.size()));
  if (!without && head_.method != "HEAD") out_ = std::move(response.body);
  if (!out_.empty()) output_deadline_ = Clock::now() + limits_.write_timeout;
  wire_.SendHead(id_, response.status, fields, out_.empty());
  head_sent_ = true;
  End({});
}

void Http2Stream::EndGrpc(const Response& response, const GrpcStatus& status) {
  CancelAsked();
  End(status.Fields());
  if (head_sent_) return wire_.Resume(id_);
  Headers fields = GrpcHead(response);
  for (const auto& [name, value] : trailers_) fields.Add(name, value);
  wire_.SendHead(id_, 200, fields, true);
  head_sent_ = true;
}

/// Nothing follows what is there to be sent, but the trailers; what still comes is of no use.
void Http2Stream::End(Headers trailers) {
  ends_ = true;
  trailers_ = std::move(trailers);
  DropInput();
}

size_t Http2Stream::Give(std::span<uint8_t> room) {
  const size_t count = std::min(room.size(), out_.size() - out_at_);
  std::copy_n(out_.data() + out_at_, count, room.data());
  out_at_ += count;
  if (out_at_ == out_.size()) {
    out_.clear();
    out_at_ = 0;
    output_deadline_ = kNever;
  } else if (count > 0) {
    output_deadline_ = Clock::now() + limits_.write_timeout;
  }
  return count;
}

void Http2Stream::SetInputDeadline() {
  const bool waits_for_us = IsStalled() || (!many_ && !asked_.empty());
  if (input_ended_ || dropping_ || waits_for_us) {
    input_deadline_ = kNever;
  } else if (!many_ || reader_->InMessage()) {
    input_deadline_ = body_deadline_;
  } else {
    input_deadline_ = asked_.empty() ? Clock::now() + limits_.stream_idle_timeout : kNever;
  }
}

void Http2Stream::CheckDeadline(Clock::time_point now) {
  if (now >= input_deadline_) {
    return Refuse(Refusal(408, Code::kTimeout, "the request came too slowly"));
  }
  for (Asked& asked : asked_) {
    if (now < asked.deadline) continue;
    asked.deadline = kNever;
    const Error late(Code::kTimeout, "the answer took longer than the server allows");
    asked.exchange->Answer(Response::FromError(late));
  }
  if (now >= output_deadline_) {
    output_deadline_ = kNever;
    wire_.Cancel(id_);
  }
}

void Http2Stream::Drain() {
  if (!many_ || ends_) return;
  stopping_ = true;
  DropInput();
  SendAnswers();
}

std::vector<std::weak_ptr<Exchange>> Http2Stream::Close() {
  DropInput();
  return CancelAsked();
}

void Http2Stream::Abort() {
  const Error stopped(Code::kOverloaded, "the server stops");
  for (const Asked& asked : asked_) {
    asked.exchange->CutOff(Response::FromError(stopped), *wire_.shard());
  }
}

}  // namespace keelrow::http
