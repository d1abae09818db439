#pragma once

#include <memory>
#include <utility>

#include "http/message.h"

namespace keelrow::http {

/// The right to answer one request: called exactly once, from any thread, at any time. Move-only;
/// dropping it unused answers 500, so that no caller waits for an answer that nobody will give.
class Reply {
 public:
  template <class F>
  explicit Reply(F sink) : sink_(std::make_unique<SinkOf<F>>(std::move(sink))) {}
  Reply(Reply&&) noexcept = default;
  Reply& operator=(Reply&&) = delete;

  ~Reply() {
    if (sink_) (*this)(Response::FromError(Error(Code::kInternal, "the request was dropped")));
  }

  /// The request may be gone when this returns.
  void operator()(Response response) {
    const std::unique_ptr<Sink> sink = std::move(sink_);
    if (sink) sink->Take(std::move(response));
  }

 private:
  struct Sink {
    virtual ~Sink() = default;
    virtual void Take(Response response) = 0;
  };
  template <class F>
  struct SinkOf : Sink {
    explicit SinkOf(F f) : function(std::move(f)) {}
    void Take(Response response) override { function(std::move(response)); }
    F function;
  };

  std::unique_ptr<Sink> sink_;
};

}  // namespace keelrow::http
