#include "http/http2_connection.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>

#include "base/log.h"
#include "base/text.h"
#include "http/wire.h"

namespace keelrow::http {
namespace {

constexpr auto kNever = Clock::time_point::max();
// Of one stream: a picture of some megabytes then comes in few round trips.
constexpr uint32_t kStreamWindow = uint32_t{1} << 20;
constexpr int32_t kConnectionWindow = int32_t{4} << 20;
constexpr size_t kTakeMax = size_t{64} << 10;
// A frame costs one of these; what is of use earns more than its acknowledgements cost.
constexpr int kFramesMax = 2'000;
constexpr int kFramesPerSweep = 10;
constexpr int kEarnedByUse = 8;
constexpr int kResetCosts = 20;  // that we must send, because the client has made us
// A client that gives requests up may do so at this rate (CVE-2023-44487): gRPC's deadlines do.
constexpr uint64_t kResetsAtOnce = 500;
constexpr uint64_t kResetsPerSecond = 100;
constexpr size_t kAnswersToPingsMax = 200;  // that wait to be sent

/// Fields that HTTP/2 says in another way, or that are ours.
bool IsLeftOut(std::string_view lower_name) {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "date"});
  return std::ranges::find(kNames, lower_name) != kNames.end();
}

uint8_t* Bytes(std::string_view text) {
  return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
}

nghttp2_nv Field(std::string_view name, std::string_view value) {
  return {.name = Bytes(name),
          .value = Bytes(value),
          .namelen = name.size(),
          .valuelen = value.size(),
          .flags = NGHTTP2_NV_FLAG_NONE};
}

/// The fields as the library takes them; `names` holds what it points to.
std::vector<nghttp2_nv> FieldsOf(const Headers& headers, std::deque<std::string>& names) {
  std::vector<nghttp2_nv> fields;
  for (const auto& [name, value] : headers) {
    if (!IsFieldName(name) || !IsFieldValue(value)) continue;
    const std::string& lower = names.emplace_back(LowerCase(name));
    if (!IsLeftOut(lower)) fields.push_back(Field(lower, value));
  }
  return fields;
}

}  // namespace

struct Http2Connection::Hooks {
  static Http2Connection& Of(void* self) { return *static_cast<Http2Connection*>(self); }

  static int OnBeginFrame(nghttp2_session*, const nghttp2_frame_hd*, void* self) {
    Of(self).Spend(1);
    return 0;
  }
  static int OnBeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) Of(self).Begin(frame->hd.stream_id);
    return 0;
  }
  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                      void* self) {
    Http2Stream* stream = Of(self).Find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    stream->TakeField({reinterpret_cast<const char*>(name), name_size},
                      {reinterpret_cast<const char*>(value), value_size});
    return 0;
  }
  static int OnData(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* bytes,
                    size_t size, void* self) {
    Http2Stream* stream = Of(self).Find(id);
    if (stream == nullptr) {
      ::nghttp2_session_consume(session, id, size);
      return 0;
    }
    Of(self).Earn(kEarnedByUse);
    stream->TakeData({reinterpret_cast<const char*>(bytes), size});
    return 0;
  }
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    const bool headers = frame->hd.type == NGHTTP2_HEADERS;
    if (!headers && frame->hd.type != NGHTTP2_DATA) return 0;
    if (Http2Stream* stream = Of(self).Find(frame->hd.stream_id)) {
      if (headers && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        Of(self).Earn(kEarnedByUse);
        stream->EndHead();
      }
      if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) stream->EndInput();
    }
    return 0;
  }
  static int OnClose(nghttp2_session*, int32_t id, uint32_t, void* self) {
    Of(self).End(id);
    return 0;
  }
  static int OnSent(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
    const int32_t id = frame->hd.stream_id;
    if (frame->hd.type == NGHTTP2_RST_STREAM) Of(self).Spend(kResetCosts);
    if (frame->hd.type == NGHTTP2_DATA) Of(self).Earn(kEarnedByUse);
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
                      (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS);
    Http2Stream* stream = ends ? Of(self).Find(id) : nullptr;
    if (stream != nullptr && stream->InputOpen()) {
      // The answer is whole before the request was: the rest need not come (RFC 9113 8.1).
      ::nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
      Of(self).Earn(kResetCosts);
    }
    return 0;
  }

  /// An answer with more fields than a frame may have, say: the client must not wait for it.
  static int OnNotSent(nghttp2_session* session, const nghttp2_frame* frame, int, void*) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    ::nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                NGHTTP2_INTERNAL_ERROR);
    return 0;
  }

  static ssize_t Read(nghttp2_session* session, int32_t id, uint8_t* room, size_t size,
                      uint32_t* flags, nghttp2_data_source*, void* self) {
    Http2Stream* stream = Of(self).Find(id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const size_t given = stream->Give({room, size});
    if (stream->GaveAll()) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      if (stream->trailers().size() > 0) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        std::deque<std::string> names;
        const auto fields = FieldsOf(stream->trailers(), names);
        ::nghttp2_submit_trailer(session, id, fields.data(), fields.size());
      }
    } else if (given == 0) {
      return NGHTTP2_ERR_DEFERRED;
    }
    return static_cast<ssize_t>(given);
  }

  static nghttp2_session* NewSession(Http2Connection* self) {
    nghttp2_session_callbacks* hooks = nullptr;
    nghttp2_option* option = nullptr;
    nghttp2_session* session = nullptr;
    ::nghttp2_session_callbacks_new(&hooks);
    ::nghttp2_session_callbacks_set_on_begin_frame_callback(hooks, OnBeginFrame);
    ::nghttp2_session_callbacks_set_on_begin_headers_callback(hooks, OnBeginHeaders);
    ::nghttp2_session_callbacks_set_on_header_callback(hooks, OnHeader);
    ::nghttp2_session_callbacks_set_on_data_chunk_recv_callback(hooks, OnData);
    ::nghttp2_session_callbacks_set_on_frame_recv_callback(hooks, OnFrame);
    ::nghttp2_session_callbacks_set_on_stream_close_callback(hooks, OnClose);
    ::nghttp2_session_callbacks_set_on_frame_send_callback(hooks, OnSent);
    ::nghttp2_session_callbacks_set_on_frame_not_send_callback(hooks, OnNotSent);
    ::nghttp2_option_new(&option);
    ::nghttp2_option_set_no_auto_window_update(option, 1);
    ::nghttp2_option_set_no_closed_streams(option, 1);
    ::nghttp2_option_set_max_outbound_ack(option, kAnswersToPingsMax);
    ::nghttp2_option_set_stream_reset_rate_limit(option, kResetsAtOnce, kResetsPerSecond);
    const int failure = ::nghttp2_session_server_new2(&session, hooks, self, option);
    ::nghttp2_option_del(option);
    ::nghttp2_session_callbacks_del(hooks);
    if (failure != 0) throw std::bad_alloc();
    return session;
  }
};

void Http2Connection::Delete::operator()(nghttp2_session* session) const {
  ::nghttp2_session_del(session);
}

Http2Connection::Http2Connection(std::shared_ptr<Shard> shard, Peer peer,
                                 std::function<void()> wake)
    : shard_(std::move(shard)),
      limits_(shard_->shared.options.limits),
      peer_(std::move(peer)),
      wake_(std::move(wake)),
      session_(Hooks::NewSession(this)),
      frames_left_(kFramesMax),
      idle_deadline_(Clock::now() + limits_.idle_timeout) {
  SendSettings();
}

Http2Connection::~Http2Connection() {
  Close();
}

void Http2Connection::SendSettings() {
  const auto settings = std::to_array<nghttp2_settings_entry>({
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<uint32_t>(limits_.streams_max)},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(limits_.header_bytes_max)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  });
  ::nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  ::nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

bool Http2Connection::Receive(std::string_view bytes) {
  const ssize_t used = ::nghttp2_session_mem_recv(session_.get(), Bytes(bytes), bytes.size());
  if (used < 0) {
    log::Debug("HTTP/2 with {} ends: {}", peer_.remote, ::nghttp2_strerror(static_cast<int>(used)));
    return false;
  }
  if (frames_left_ < 0) SayGoodbye(NGHTTP2_ENHANCE_YOUR_CALM);
  return true;
}

void Http2Connection::Take(std::string& out) {
  while (out.size() < kTakeMax) {
    const uint8_t* bytes = nullptr;
    const ssize_t count = ::nghttp2_session_mem_send(session_.get(), &bytes);
    if (count <= 0) return;
    out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(count));
  }
}

bool Http2Connection::Ended() const {
  return ::nghttp2_session_want_read(session_.get()) == 0 &&
         ::nghttp2_session_want_write(session_.get()) == 0;
}

void Http2Connection::Earn(int frames) {
  frames_left_ = std::min(frames_left_ + frames, kFramesMax);
}

Http2Stream* Http2Connection::Find(int32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

size_t Http2Connection::CountLeft() {
  std::erase_if(left_, [](const auto& exchange) { return exchange.expired(); });
  return left_.size();
}

void Http2Connection::Begin(int32_t id) {
  if (streams_.size() + CountLeft() >= limits_.streams_max) {
    ::nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    return;
  }
  idle_deadline_ = kNever;
  streams_.emplace(id, std::make_unique<Http2Stream>(*this, id));
}

void Http2Connection::End(int32_t id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  const std::unique_ptr<Http2Stream> stream = std::move(found->second);
  streams_.erase(found);
  for (auto& exchange : stream->Close()) left_.push_back(std::move(exchange));
  if (streams_.empty()) idle_deadline_ = Clock::now() + limits_.idle_timeout;
}

void Http2Connection::SayGoodbye(uint32_t why) {
  if (std::exchange(goodbye_, true)) return;
  ::nghttp2_session_terminate_session(session_.get(), why);
}

void Http2Connection::CheckDeadline(Clock::time_point now) {
  Earn(kFramesPerSweep);
  if (now >= idle_deadline_) SayGoodbye(NGHTTP2_NO_ERROR);
  for (const auto& [id, stream] : streams_) {
    // Until the block of fields ends, nothing else may come on the whole connection.
    if (stream->IsHeaderLate(now)) return SayGoodbye(NGHTTP2_ENHANCE_YOUR_CALM);
    stream->CheckDeadline(now);
  }
}

void Http2Connection::Drain() {
  ::nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                          ::nghttp2_session_get_last_proc_stream_id(session_.get()),
                          NGHTTP2_NO_ERROR, nullptr, 0);
  for (const auto& [id, stream] : streams_) stream->Drain();
}

void Http2Connection::Close() {
  for (const auto& [id, stream] : std::exchange(streams_, {})) stream->Close();
}

void Http2Connection::Abort() {
  for (const auto& [id, stream] : streams_) stream->Abort();
}

void Http2Connection::SendHead(int32_t id, int status, const Headers& headers, bool ends) {
  const std::string code = std::to_string(status);
  std::deque<std::string> names;
  std::vector<nghttp2_nv> fields = FieldsOf(headers, names);
  fields.insert(fields.begin(), Field(":status", code));
  fields.push_back(Field("date", DateNow()));
  const nghttp2_data_provider body{.source = {}, .read_callback = Hooks::Read};
  ::nghttp2_submit_response(session_.get(), id, fields.data(), fields.size(),
                            ends ? nullptr : &body);
}

void Http2Connection::Resume(int32_t id) {
  ::nghttp2_session_resume_data(session_.get(), id);
}

void Http2Connection::Consumed(int32_t id, size_t bytes) {
  if (bytes > 0) ::nghttp2_session_consume(session_.get(), id, bytes);
}

void Http2Connection::Cancel(int32_t id) {
  ::nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
}

template <class Work>
std::function<void()> Http2Connection::Later(int32_t id, Work work) {
  return [weak = weak_from_this(), id, work] {
    const std::shared_ptr<Http2Connection> self = weak.lock();
    Http2Stream* stream = self ? self->Find(id) : nullptr;
    if (stream == nullptr) return;
    work(*stream);
    self->wake_();
  };
}

void Http2Connection::AdvanceLater(int32_t id) {
  asio::post(shard_->io, Later(id, [](Http2Stream& stream) { stream.Advance(); }));
}

void Http2Connection::WhenAnswered(int32_t id, Exchange& exchange) {
  exchange.WhenAnswered(Later(id, [](Http2Stream& stream) {
    stream.SendAnswers();
    stream.Advance();  // a message may have waited for this one's place
  }));
}

}  // namespace keelrow::http
