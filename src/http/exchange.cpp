#include "base/log.h"
#include "http/shard.h"

namespace keelrow::http {

void Exchange::Handle() {
  const std::shared_ptr<Exchange> self = shared_from_this();
  request.gone = &gone_;                   // whoever filled the request in may have replaced it
  Shared& shared = shard_.lock()->shared;  // this is the shard's thread, so it is there
  Post post = [self, &shared](std::function<void()> job) {
    return shared.post([self, job = std::move(job)] { self->Run(job); });
  };
  Guard guard = [self](Reply through) -> std::optional<Reply> {
    if (!self->PutAway(std::move(through))) return std::nullopt;
    return Reply([self](Response response) { self->Answer(std::move(response)); });
  };
  Reply end([self](Response response) { self->Deliver(std::move(response)); });
  Run([&] { shared.router.Handle(request, std::move(end), std::move(post), std::move(guard)); });
}

template <class Work>
void Exchange::Run(const Work& work) {
  try {
    work();
  } catch (const std::exception& failure) {
    Fail(failure.what());
  } catch (...) {
    Fail("an exception without a text");
  }
}

void Exchange::Fail(std::string_view what) {
  log::Warning("request {} to {} failed: {}", request.id, request.path, what);
  // The reply that was dropped on the way has answered already, unless the handler had put it away.
  Answer(Response::FromError(Error(Code::kInternal, std::string(what))));
}

/// A middleware that waits for something else comes here late, on a thread of its own.
bool Exchange::PutAway(Reply through) {
  {
    const std::lock_guard lock(mutex_);
    if (!claimed_) {
      through_.emplace(std::move(through));
      return true;
    }
  }
  // The client has its answer; the middleware hears that it came to nothing.
  through(Response::FromError(Error(Code::kTimeout, "the request took too long")));
  return false;
}

void Exchange::Answer(Response response) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(claimed_, true)) return;
  }
  if (through_) return (*through_)(std::move(response));
  Deliver(std::move(response));
}

void Exchange::Cancel() {
  MarkGone();
  Answer(Refusal(499, Code::kInterrupted, "the client has gone"));
}

void Exchange::CutOff(Response response, Shard& shard) {
  Answer(std::move(response));
  Take({}, shard);
}

void Exchange::Deliver(Response response) {
  const std::shared_ptr<Shard> shard = shard_.lock();
  if (!shard) return;
  asio::dispatch(shard->io, [self = shared_from_this(), shard = shard.get(),
                             answer = std::make_shared<Response>(std::move(response))] {
    self->Take(std::move(*answer), *shard);
  });
}

void Exchange::Take(Response response, Shard& shard) {
  if (answered_) return;
  answered_ = true;
  response_ = std::move(response);
  if (waiter_) asio::post(shard.io, std::exchange(waiter_, {}));
}

Awaitable<void> Exchange::Wait() {
  const asio::use_awaitable_t<Executor> token;
  co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
      [this](auto handler) {
        auto kept = std::make_shared<decltype(handler)>(std::move(handler));
        waiter_ = [kept] { std::move (*kept)(); };
      },
      token);
}

Response Refusal(int status, Code code, std::string_view message) {
  return Response::Json(
      {{"error", Info(code).name}, {"code", Info(code).number}, {"message", message}}, status);
}

}  // namespace keelrow::http
