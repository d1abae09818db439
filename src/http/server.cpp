#include "http/server.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/log.h"
#include "base/queue.h"
#include "http/encoding.h"
#include "http/shard.h"
#include "http/wire.h"

namespace keelrow::http {
namespace {

constexpr rlim_t kDescriptorsKept = 128;  // for models, the store, logs and libraries

[[noreturn]] void ThrowBindError(const error_code& failure, const ServerOptions& options) {
  const std::string place = fmt::format("{}:{}", options.host, options.port);
  if (failure == asio::error::address_in_use) {
    throw Error(Code::kPortInUse, fmt::format("another program listens on {}", place),
                {.hint = "stop it, or choose another port with --port (0 takes any free one)"});
  }
  if (failure == asio::error::access_denied) {
    throw Error(Code::kPermission, fmt::format("not allowed to listen on {}", place),
                {.hint = "ports below 1024 need privileges; choose a higher one with --port"});
  }
  throw Error(Code::kBadValue, fmt::format("cannot listen on {}: {}", place, failure.message()));
}

asio::ip::address ParseHost(const std::string& host) {
  error_code failure;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, failure);
  if (!failure) return address;
  throw Error(Code::kBadValue, fmt::format("`{}` is not an address to listen on", host),
              {.hint = "127.0.0.1 serves this machine only, 0.0.0.0 everybody"});
}

}  // namespace

struct Server::Impl {
  Impl(ServerOptions options, Router router)
      : shared{.options = options,
               .router = std::move(router),
               .post = {},
               .bodies = {},
               .tls = {},
               .connections = {},
               .lookout = Lookout(options.busy_poll)},
        jobs(shared.options.limits.queue_max) {
    const Limits& limits = shared.options.limits;
    shared.bodies = std::make_shared<BodyBudget>(
        std::max(limits.bodies_bytes_max, limits.body_bytes_max + Inflater::kOwnBytes));
    shared.post = [this](std::function<void()> job) { return jobs.TryPush(std::move(job)); };
    for (int i = 0; i < std::max(1, shared.options.io_threads); ++i) {
      shards.push_back(std::make_shared<Shard>(shared));
    }
    acceptor.emplace(shards.front()->io);
  }

  /// A connection takes a descriptor, and 1,024 is all that most shells allow at first. Connections
  /// beyond what may be had are refused with 503, so that files can still be opened.
  void RaiseDescriptorLimit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    size_t& most = shared.options.limits.connections_max;
    const auto wanted = static_cast<rlim_t>(most) + kDescriptorsKept;
    if (limit.rlim_cur >= wanted) return;
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= wanted) return;
    most = std::max(limit.rlim_cur, kDescriptorsKept + 1) - kDescriptorsKept;
    log::Warning("this user may open {} files: at most {} connections", limit.rlim_cur, most);
  }

  void Bind() {
    const tcp::endpoint endpoint(ParseHost(shared.options.host), shared.options.port);
    error_code failure;
    acceptor->open(endpoint.protocol(), failure);
    if (!failure) acceptor->set_option(tcp::acceptor::reuse_address(true), failure);
    if (!failure) acceptor->bind(endpoint, failure);
    if (!failure) acceptor->listen(asio::socket_base::max_listen_connections, failure);
    if (failure) ThrowBindError(failure, shared.options);
    port = acceptor->local_endpoint().port();
  }

  Awaitable<void> Accept() {
    asio::steady_timer pause(shards.front()->io);
    for (size_t turn = 0; acceptor->is_open(); ++turn) {
      const std::shared_ptr<Shard>& shard = shards[turn % shards.size()];
      auto [failure, socket] = co_await acceptor->async_accept(shard->io, kAwait);
      if (failure == asio::error::operation_aborted) co_return;
      if (failure) {  // out of descriptors, most likely: let some connections end
        log::Warning("cannot accept a connection: {}", failure.message());
        pause.expires_after(kSweepEvery);
        co_await pause.async_wait(kAwait);
        continue;
      }
      Admit(shard, std::move(socket));
    }
  }

  void Admit(const std::shared_ptr<Shard>& shard, Socket socket) {
    error_code ignored;
    if (shared.connections.Get() >= shared.options.limits.connections_max) {
      Response full = Refusal(503, Code::kOverloaded, "the server has too many connections");
      full.headers.Add("Retry-After", "1");
      std::string bytes;
      AppendHead(bytes, full, {.keep_alive = false});
      bytes += full.body;
      socket.non_blocking(true, ignored);
      if (!shared.tls) socket.write_some(asio::buffer(bytes), ignored);
      socket.shutdown(tcp::socket::shutdown_send, ignored);
      if (shared.options.on_refused) shared.options.on_refused(503, {});
      return;
    }
    socket.set_option(tcp::no_delay(true), ignored);
    shared.connections.Add();
    if (shared.tls) return Run(shard, TlsStream(std::move(socket), shared.tls->Current()));
    Run(shard, std::move(socket));
  }

  template <class Stream>
  void Run(const std::shared_ptr<Shard>& shard, Stream stream) {
    asio::co_spawn(shard->io, RunSession(shard, std::move(stream)),
                   [this](std::exception_ptr failure) { Ended(failure); });
  }

  /// On the accepting shard. Files of some KB, read once after they changed, hold nobody up.
  Awaitable<void> KeepReloading() {
    const std::shared_ptr<Shard>& shard = shards.front();
    while (!shard->aborted) {
      shard->reloader.expires_after(shared.tls->options().reload_every);
      co_await shard->reloader.async_wait(kAwait);
      if (!shard->aborted) shared.tls->ReloadIfChanged();
    }
  }

  void Ended(const std::exception_ptr& failure) {
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const std::exception& reason) {
      log::Warning("a connection ended with a fault: {}", reason.what());
    }
    shared.connections.Remove();
  }

  void StartThreads() {
    asio::co_spawn(shards.front()->io, Accept(), asio::detached);
    if (shared.tls) asio::co_spawn(shards.front()->io, KeepReloading(), asio::detached);
    for (size_t i = 0; i < shards.size(); ++i) {
      asio::co_spawn(shards[i]->io, shards[i]->KeepSweeping(), asio::detached);
      threads.emplace_back([shard = shards[i]] { shard->Run(); });
      pthread_setname_np(threads.back().native_handle(), fmt::format("http-io-{}", i).c_str());
    }
    for (int i = 0; i < std::max(1, shared.options.worker_threads); ++i) {
      workers.emplace_back([this] { Work(); });
      pthread_setname_np(workers.back().native_handle(), fmt::format("http-work-{}", i).c_str());
    }
  }

  void Work() {
    while (auto job = jobs.Pop()) {
      if (!aborted) (*job)();
    }
  }

  bool Stop(std::chrono::milliseconds drain) {
    asio::post(shards.front()->io, [this] {
      error_code ignored;
      acceptor->close(ignored);
    });
    for (const auto& shard : shards) asio::post(shard->io, [shard] { shard->Drain(); });
    const bool drained = shared.connections.WaitForNone(drain);
    aborted = true;
    for (const auto& shard : shards) asio::post(shard->io, [shard] { shard->Abort(); });
    for (std::thread& thread : threads) thread.join();
    jobs.Close();
    for (std::thread& worker : workers) worker.join();
    return drained;
  }

  Shared shared;
  BoundedQueue<std::function<void()>> jobs;
  std::vector<std::shared_ptr<Shard>> shards;
  std::optional<tcp::acceptor::rebind_executor<Executor>::other> acceptor;
  std::vector<std::thread> threads;
  std::vector<std::thread> workers;
  std::atomic<bool> aborted{false};
  uint16_t port = 0;
  bool running = false;
};

Server::Server(ServerOptions options, Router router)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(router))) {}

Server::~Server() {
  Stop();
}

void Server::Start() {
  if (impl_->shared.options.tls) impl_->shared.tls.emplace(*impl_->shared.options.tls);
  impl_->RaiseDescriptorLimit();
  impl_->Bind();
  impl_->running = true;
  try {
    impl_->StartThreads();
  } catch (const std::system_error& failure) {
    Stop();
    throw Error(Code::kEnvironment, fmt::format("cannot start a thread: {}", failure.what()),
                {.hint = "allow this user more threads (ulimit -u, a container's pids limit), or "
                         "ask for fewer"});
  }
}

uint16_t Server::Port() const {
  return impl_->port;
}
const std::string& Server::Host() const {
  return impl_->shared.options.host;
}

bool Server::Stop(std::chrono::milliseconds drain) {
  if (!std::exchange(impl_->running, false)) return true;
  return impl_->Stop(drain);
}

ServerLoad Server::Load() const {
  return {.connections = impl_->shared.connections.Get(), .queued = impl_->jobs.Size()};
}

bool Server::Post(std::function<void()> job) {
  return impl_->jobs.TryPush(std::move(job));
}

}  // namespace keelrow::http
