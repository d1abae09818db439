#include "models/executor.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/mostly.h"
#include "base/turn.h"

namespace keelrow::models {
namespace {

struct Waiting {
  Job job;
  Clock::time_point since;
};

int64_t RowsOf(const Job& job) {
  const Tensor& first = job.inputs.front();
  return first.shape.empty() ? 1 : first.Rows();
}

/// Whether the two may be rows of one run: all but the number of rows is equal.
bool Alike(const Job& a, const Job& b) {
  return std::ranges::equal(a.inputs, b.inputs, [](const Tensor& x, const Tensor& y) {
    return x.dtype == y.dtype && x.shape.size() == y.shape.size() && !x.shape.empty() &&
           std::equal(x.shape.begin() + 1, x.shape.end(), y.shape.begin() + 1);
  });
}

size_t BytesOf(const Job& job) {
  size_t bytes = 0;
  for (const Tensor& tensor : job.inputs) bytes += tensor.bytes.size();
  return bytes;
}

/// Whether a network is quick, by what its last runs took for each of their jobs. One slow run says
/// little: the thread may have had to wait for a core.
class Pace {
 public:
  /// Two wake-ups and the cold caches behind them take as long.
  static constexpr std::chrono::microseconds kQuick{50};
  /// Who submits jobs has others to serve.
  static constexpr std::chrono::microseconds kQuickTogether{200};

  void Note(Clock::duration took, size_t jobs, size_t bytes) {
    quick_.Note(took <= kQuick * jobs && took <= kQuickTogether);
    bytes_max_ = std::max(bytes_max_, bytes);
  }
  /// A larger input than there has been may take any time.
  bool IsQuick(size_t bytes) const { return quick_.So() && bytes <= bytes_max_; }

 private:
  Mostly quick_;  // of the last runs
  size_t bytes_max_ = 0;
};

/// What a thread takes out of a lane at once.
struct Batch {
  std::vector<Waiting> jobs;     // to run
  std::vector<Waiting> dropped;  // to answer without running
  int64_t rows = 0;
};

}  // namespace

/// Guarded by the executor's mutex, but for the constants.
class Lane {
 public:
  using Queue = std::deque<Waiting>;  // by priority, then by time

  Lane(const LaneOptions& options, Executor::Run run) : options(options), run(std::move(run)) {}

  const LaneOptions options;
  const Executor::Run run;
  Queue queue;
  std::map<std::thread::id, Queue> turns;  // what threads have submitted in their present turns
  int running = 0;
  bool listed = false;  // among those that wait for a thread
  int64_t last_rows = 0;
  LaneStats stats;
  Pace pace;

  static void Add(Queue& queue, Waiting waiting) {
    const auto place = std::ranges::upper_bound(queue, waiting.job.priority, {},
                                                [](const Waiting& w) { return w.job.priority; });
    queue.insert(place, std::move(waiting));
  }

  bool Runnable() const { return !queue.empty() && running < options.instances; }

  /// No job waits that came earlier, nor does a thread come for one.
  bool Idle() const { return queue.empty() && !listed && running < options.instances; }

  /// It would be answered before a thread has woken.
  bool RunsAtOnce(const Job& job) const { return Idle() && pace.IsQuick(BytesOf(job)); }

  int64_t RowsWaiting() const {
    int64_t rows = 0;
    for (const Waiting& waiting : queue) rows += RowsOf(waiting.job);
    return rows;
  }

  /// Until when it is worth to wait for more rows: never when the last run had one job's alone.
  Clock::time_point PatientUntil() const {
    if (options.wait.count() == 0 || last_rows <= 1) return Clock::time_point::min();
    if (RowsWaiting() >= options.rows_max) return Clock::time_point::min();
    return queue.front().since + options.wait;
  }

  Batch Take(Queue& from) const {
    Batch batch;
    const auto now = Clock::now();
    auto it = from.begin();
    while (it != from.end() && batch.rows < options.rows_max) {
      const bool dead = it->job.deadline <= now || (it->job.abandoned && it->job.abandoned());
      const int64_t rows = RowsOf(it->job);
      const bool fits = batch.jobs.empty() || (batch.rows + rows <= options.rows_max &&
                                               Alike(it->job, batch.jobs.front().job));
      if (!dead && !fits) {
        ++it;  // for a later run; what comes behind it may still fit
        continue;
      }
      (dead ? batch.dropped : batch.jobs).push_back(std::move(*it));
      if (!dead) batch.rows += rows;
      it = from.erase(it);
    }
    return batch;
  }
};

uint64_t LaneStats::Runs() const {
  uint64_t runs = 0;
  for (const auto& [rows, batch] : batches) runs += batch.runs;
  return runs;
}

namespace {

std::vector<Tensor> RunTogether(const Lane& lane, const Batch& batch) {
  std::vector<Tensor> joined;
  for (size_t i = 0; i < batch.jobs.front().job.inputs.size(); ++i) {
    std::vector<const Tensor*> parts;
    for (const Waiting& waiting : batch.jobs) parts.push_back(&waiting.job.inputs[i]);
    joined.push_back(Concatenate(parts));
  }
  return lane.run(joined);
}

/// What came of each job. A failure of several together may be the fault of one: then each is run
/// alone.
std::vector<Expected<std::vector<Tensor>>> Outcomes(const Lane& lane, const Batch& batch) {
  std::vector<Expected<std::vector<Tensor>>> outcomes;
  if (batch.jobs.size() > 1) {
    try {
      const std::vector<Tensor> whole = RunTogether(lane, batch);
      int64_t begin = 0;
      for (const Waiting& waiting : batch.jobs) {
        const int64_t rows = RowsOf(waiting.job);
        std::vector<Tensor> part;
        for (const Tensor& tensor : whole) part.push_back(Slice(tensor, begin, rows));
        outcomes.emplace_back(std::move(part));
        begin += rows;
      }
      return outcomes;
    } catch (const std::exception&) {
      outcomes.clear();
    }
  }
  for (const Waiting& waiting : batch.jobs) {
    try {
      outcomes.emplace_back(lane.run(waiting.job.inputs));
    } catch (const std::exception& failure) {
      outcomes.emplace_back(AsError(failure));
    }
  }
  return outcomes;
}

void Refuse(std::vector<Waiting>& jobs, const Error& error) {
  for (Waiting& waiting : jobs) waiting.job.answer(error);
}

void Interrupt(Lane::Queue& jobs) {
  for (Waiting& waiting : jobs) {
    waiting.job.answer(Error(Code::kInterrupted, "the service stops"));
  }
}

}  // namespace

struct Executor::State : std::enable_shared_from_this<State> {
  mutable std::mutex mutex;
  std::condition_variable work;
  std::deque<std::shared_ptr<Lane>> ready;
  int patient = 0;  // threads that wait for more rows
  bool stopping = false;
  std::vector<std::thread> threads;

  void List(const std::shared_ptr<Lane>& lane) {
    if (lane->listed || !lane->Runnable()) return;
    lane->listed = true;
    ready.push_back(lane);
    // Who waits for more rows of one lane does not take another: then all are told.
    patient > 0 ? work.notify_all() : work.notify_one();
  }

  /// Takes the lane that has waited longest, and what it runs next.
  std::pair<std::shared_ptr<Lane>, Batch> Next(std::unique_lock<std::mutex>& lock) {
    std::shared_ptr<Lane> lane = std::move(ready.front());
    ready.pop_front();
    lane->listed = false;
    ++lane->running;
    while (!stopping && !lane->queue.empty()) {
      const Clock::time_point until = lane->PatientUntil();
      if (until <= Clock::now()) break;
      ++patient;
      work.wait_until(lock, until);
      --patient;
    }
    Batch batch = TakeOut(*lane, lane->queue);
    List(lane);
    return {std::move(lane), std::move(batch)};
  }

  Batch TakeOut(Lane& lane, Lane::Queue& from) {
    Batch batch = lane.Take(from);
    lane.stats.dropped += batch.dropped.size();  // now, so that who is told finds it counted
    return batch;
  }

  void Finish(const std::shared_ptr<Lane>& lane, const Batch& batch, Clock::time_point began,
              const std::vector<Expected<std::vector<Tensor>>>& outcomes) {
    const auto ended = Clock::now();
    const std::lock_guard lock(mutex);
    --lane->running;
    LaneStats& stats = lane->stats;
    if (!batch.jobs.empty()) {
      lane->last_rows = batch.jobs.size() > 1 ? batch.rows : 1;
      stats.rows += static_cast<uint64_t>(batch.rows);
      stats.ran += ended - began;
      LaneStats::Batch& size = stats.batches[batch.rows];
      ++size.runs;
      size.time += ended - began;
      stats.last = std::chrono::system_clock::now();
      lane->pace.Note(ended - began, batch.jobs.size(), BytesOf(batch.jobs.front().job));
    }
    for (size_t i = 0; i < batch.jobs.size(); ++i) {
      stats.queued += began - batch.jobs[i].since;
      ++(outcomes[i].ok() ? stats.succeeded : stats.failed);
    }
    List(lane);
  }

  /// Runs what was taken out of a lane and answers it. Without the lock: the jobs' ends are theirs,
  /// and the last of a model may take it along.
  void RunAndAnswer(const std::shared_ptr<Lane>& lane, Batch batch) {
    Refuse(batch.dropped, Error(Code::kTimeout, "the request's time was over before it ran"));
    const auto began = Clock::now();
    auto outcomes = Outcomes(*lane, batch);
    Finish(lane, batch, began, outcomes);  // first, so that who has an answer finds it counted
    for (size_t i = 0; i < outcomes.size(); ++i) {
      batch.jobs[i].job.answer(std::move(outcomes[i]));
    }
  }

  /// Runs what this thread has submitted in its turn, unless other threads run the lane by now.
  void EndTurn(const std::shared_ptr<Lane>& lane, Lane::Queue& turn,
               std::unique_lock<std::mutex>& lock) {
    while (!turn.empty() && !stopping && lane->Idle()) {
      ++lane->running;
      Batch batch = TakeOut(*lane, turn);
      lock.unlock();
      RunAndAnswer(lane, std::move(batch));
      lock.lock();
    }
    if (turn.empty()) return;
    Lane::Queue left = std::exchange(turn, {});
    if (stopping) {
      lock.unlock();
      return Interrupt(left);
    }
    for (Waiting& waiting : left) Enqueue(lane, std::move(waiting));
  }

  void Enqueue(const std::shared_ptr<Lane>& lane, Waiting waiting) {
    Lane::Add(lane->queue, std::move(waiting));
    if (lane->running > 0 && lane->options.wait.count() > 0) work.notify_all();
    List(lane);
  }

  /// At once on a thread that does not work in turns.
  void RunAtEndOfTurn(const std::shared_ptr<Lane>& lane, Lane::Queue& turn) {
    const auto run = [self = shared_from_this(), lane, &turn] {
      std::unique_lock lock(self->mutex);
      self->EndTurn(lane, turn, lock);
    };
    if (!AtEndOfTurn(run)) run();
  }

  void Work() {
    std::unique_lock lock(mutex);
    while (true) {
      work.wait(lock, [this] { return stopping || !ready.empty(); });
      if (stopping) return;
      auto [lane, batch] = Next(lock);
      lock.unlock();
      RunAndAnswer(lane, std::move(batch));
      lane.reset();
      lock.lock();
    }
  }
};

Executor::Executor(int threads) : state_(std::make_shared<State>()) {
  for (int i = 0; i < std::max(threads, 1); ++i) {
    state_->threads.emplace_back([this] { state_->Work(); });
    pthread_setname_np(state_->threads.back().native_handle(), "infer");
  }
}

Executor::~Executor() {
  Close();
}

void Executor::Close() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->work.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
  state_->threads.clear();
  for (const std::shared_ptr<Lane>& lane : state_->ready) {
    Interrupt(lane->queue);
    lane->queue.clear();
  }
  state_->ready.clear();
}

std::shared_ptr<Lane> Executor::Open(const LaneOptions& options, Run run) {
  LaneOptions chosen = options;
  chosen.instances = InstancesOf(options);
  return std::make_shared<Lane>(chosen, std::move(run));
}

int Executor::InstancesOf(const LaneOptions& options) const {
  if (options.instances > 0) return options.instances;
  return std::max(threads() / std::max(options.threads, 1), 1);
}

bool Executor::Submit(const std::shared_ptr<Lane>& lane, Job&& job) {
  std::unique_lock lock(state_->mutex);
  if (state_->stopping || lane->queue.size() >= lane->options.queue_max) return false;
  Waiting waiting{std::move(job), Clock::now()};
  if (lane->RunsAtOnce(waiting.job)) {
    Lane::Queue& turn = lane->turns[std::this_thread::get_id()];
    Lane::Add(turn, std::move(waiting));
    if (static_cast<int64_t>(turn.size()) >= lane->options.rows_max) {
      state_->EndTurn(lane, turn, lock);
    } else if (turn.size() == 1) {
      lock.unlock();
      state_->RunAtEndOfTurn(lane, turn);
    }
    return true;
  }
  state_->Enqueue(lane, std::move(waiting));
  return true;
}

LaneStats Executor::Stats(const Lane& lane) const {
  const std::lock_guard lock(state_->mutex);
  LaneStats stats = lane.stats;
  stats.waiting = lane.queue.size();
  return stats;
}

int Executor::threads() const {
  return static_cast<int>(state_->threads.size());
}

}  // namespace keelrow::models
