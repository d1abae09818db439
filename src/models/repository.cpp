#include "models/repository.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "models/shelf.h"

namespace keelrow::models {
namespace {

constexpr std::chrono::milliseconds kPause{1};  // between two looks, whatever was configured
constexpr size_t kCommandsMax = 64;

struct Command {
  Clock::time_point deadline;  // of who waits; afterwards it is in vain
  std::function<void(Shelf&)> work;
};

}  // namespace

const Version* Model::Find(std::string_view version_or_alias) const {
  std::string_view version = version_or_alias.empty() ? standard : version_or_alias;
  const auto alias = aliases.find(std::string(version));
  if (alias != aliases.end()) version = alias->second;
  const auto found = std::ranges::find_if(
      versions, [&](const Version& each) { return each.origin.version == version; });
  return found == versions.end() ? nullptr : &*found;
}

struct Repository::Impl {
  Shelf shelf;  // of the thread
  const std::chrono::milliseconds every;
  mutable std::mutex mutex;
  std::condition_variable wake;
  std::shared_ptr<const ModelTable> table = std::make_shared<ModelTable>();
  bool looked = false;
  std::deque<Command> commands;
  bool stopping = false;
  std::thread thread;

  Impl(std::vector<std::unique_ptr<Source>> sources, const RepositoryOptions& options,
       Executor& executor)
      : shelf(std::move(sources), options, executor), every(std::max(options.every, kPause)) {}

  void Publish() {
    auto fresh = std::make_shared<const ModelTable>(shelf.table());
    const std::lock_guard lock(mutex);
    table.swap(fresh);  // the old one is freed after the lock
    looked = shelf.looked();
  }

  void Run() {
    std::unique_lock lock(mutex, std::defer_lock);
    while (true) {
      if (shelf.Look()) Publish();
      lock.lock();
      wake.wait_for(lock, every, [this] { return stopping || !commands.empty(); });
      if (stopping) return;
      while (!stopping && !commands.empty()) {
        const Command command = std::move(commands.front());
        commands.pop_front();
        lock.unlock();
        if (Clock::now() < command.deadline) command.work(shelf);
        lock.lock();
      }
      lock.unlock();
    }
  }

  void Do(std::function<void(Shelf&)> work, Clock::time_point deadline) {
    auto done = std::make_shared<std::promise<void>>();
    std::future<void> result = done->get_future();
    {
      const std::lock_guard lock(mutex);
      if (stopping) throw Error(Code::kInterrupted, "the service stops");
      if (commands.size() >= kCommandsMax) {
        throw Error(Code::kOverloaded, "the model repository has too much to do");
      }
      commands.push_back(
          {.deadline = deadline, .work = [this, done, work = std::move(work)](Shelf& s) {
             std::exception_ptr failure;
             try {
               work(s);
             } catch (...) {
               failure = std::current_exception();
             }
             Publish();  // who waited finds the result in the table
             failure ? done->set_exception(failure) : done->set_value();
           }});
    }
    wake.notify_all();
    try {
      if (result.wait_until(deadline) == std::future_status::ready) return result.get();
    } catch (const std::future_error&) {  // nobody will come to it: a stop, or just too late
      if (Clock::now() < deadline) throw Error(Code::kInterrupted, "the service stops");
    }
    throw Error(Code::kTimeout, "the model repository has not come to it in time");
  }
};

Repository::Repository(std::vector<std::unique_ptr<Source>> sources, RepositoryOptions options,
                       Executor& executor)
    : impl_(std::make_unique<Impl>(std::move(sources), options, executor)) {
  impl_->thread = std::thread([this] { impl_->Run(); });
  pthread_setname_np(impl_->thread.native_handle(), "models");
}

Repository::~Repository() {
  Close();
}

void Repository::Close() {
  {
    const std::lock_guard lock(impl_->mutex);
    if (std::exchange(impl_->stopping, true)) return;
  }
  impl_->wake.notify_all();
  impl_->thread.join();
  std::deque<Command> left;
  {
    const std::lock_guard lock(impl_->mutex);
    left.swap(impl_->commands);
  }
  // Each breaks its promise as it goes, outside of the lock.
}

std::shared_ptr<const ModelTable> Repository::Table() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->table;
}

std::shared_ptr<const ServedModel> Repository::Find(std::string_view model,
                                                    std::string_view version_or_alias) const {
  const std::shared_ptr<const ModelTable> table = Table();
  const auto found = table->find(model);
  if (found == table->end()) return nullptr;
  const Version* version = found->second.Find(version_or_alias);
  if (version == nullptr || !version->served) return nullptr;
  version->served->Touch();
  return version->served;
}

std::shared_ptr<const ServedModel> Repository::FindOrLoad(const std::string& model,
                                                          const std::string& version_or_alias,
                                                          Clock::time_point deadline) {
  if (auto served = Find(model, version_or_alias)) return served;
  auto found = std::make_shared<std::shared_ptr<const ServedModel>>();
  impl_->Do(
      [=](Shelf& shelf) {
        shelf.LoadOnDemand(model, version_or_alias);
        *found = shelf.table().find(model)->second.Find(version_or_alias)->served;
      },
      deadline);
  return *found;
}

bool Repository::Loadable(std::string_view model, std::string_view version_or_alias) const {
  const auto table = Table();
  const auto found = table->find(model);
  if (found == table->end()) return false;
  const Version* version = found->second.Find(version_or_alias);
  return version != nullptr && version->state == State::kUnloaded && version->reason != kUnloaded;
}

bool Repository::Ready() const {
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->looked || impl_->table->empty()) return false;
  return std::ranges::all_of(*impl_->table, [](const auto& row) {
    const Version* standard = row.second.Find({});
    return standard == nullptr || standard->state != State::kFailed;
  });
}

void Repository::LoadVersion(const std::string& model, const std::string& version_or_alias,
                             Clock::time_point deadline) {
  impl_->Do([=](Shelf& shelf) { shelf.Load(model, version_or_alias, true); }, deadline);
}

void Repository::Look(Clock::time_point deadline) {
  impl_->Do([](Shelf& shelf) { shelf.Look(); }, deadline);
}

void Repository::Unload(const std::string& model, const std::string& version,
                        Clock::time_point deadline) {
  impl_->Do([=](Shelf& shelf) { shelf.Unload(model, version); }, deadline);
}

void Repository::SetDefault(const std::string& model, const std::string& version,
                            const std::string& actor, Clock::time_point deadline) {
  impl_->Do([=](Shelf& shelf) { shelf.SetDefault(model, version, actor); }, deadline);
}

}  // namespace keelrow::models
