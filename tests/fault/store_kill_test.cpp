// Acknowledged writes survive kill -9.
//
// A child appends to a store and, after each call that returned, writes one line to a pipe. The
// parent kills it with SIGKILL at a random moment (so many lines, then so many microseconds, so
// that a slow machine tests the same), opens the store and demands everything that a line
// acknowledged; at most the one call under way may stand there besides. The moments come from
// KEELROW_SEED; KEELROW_KILLS says how many (50 by default).

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <limits>
#include <set>
#include <sstream>

#include "base/files.h"
#include "base/random.h"
#include "track/store.h"

namespace keelrow::track {
namespace {

constexpr int kKillsPerFile = 25;       // then a new file, so that first openings are hit too
constexpr uint64_t kLinesMax = 20;      // before the kill; none: while the store is being opened
constexpr uint64_t kPauseUsMax = 8000;  // and then; a commit takes about 2,000
constexpr const char* kModel = "digits";

[[noreturn]] void Fail(const std::string& what) {
  std::cerr << "store_kill_test: " << what << "\n";
  std::exit(1);
}

void Demand(bool holds, const std::string& what) {
  if (!holds) Fail(what);
}

uint64_t Setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Says that a call has returned. One write of a short line to a pipe is not torn.
class Acknowledge {
 public:
  explicit Acknowledge(int pipe) : pipe_(pipe) {}
  void operator()(const std::string& line) const {
    const std::string bytes = line + "\n";
    if (::write(pipe_, bytes.data(), bytes.size()) < 0) ::_exit(3);
  }

 private:
  int pipe_;
};

/// Forever: runs, metrics, versions, promotions, rollbacks.
void Append(const fs::path& file, uint64_t round, const Acknowledge& acknowledge) {
  Store store(file);
  for (int i = 0;; ++i) {
    const std::string run = store.CreateRun({.project = "p", .parameters = {{"i", "x"}}});
    acknowledge(fmt::format("run {}", run));
    for (int step = 0; step < 3; ++step) {
      store.LogMetrics(run, step, {{"loss", step + 0.5}, {"accuracy", step + 0.25}});
      acknowledge(fmt::format("metrics {} {}", run, step));
    }
    const std::string hash = fmt::format("{}-{}", round, i);
    const int version =
        store
            .Register({.model = kModel, .run = run, .bundle_path = "b", .bundle_hash = hash},
                      "child")
            .version;
    acknowledge(fmt::format("version {} {}", version, hash));
    const int before =
        store.Promote({.model = kModel, .version = version, .actor = "child"}).value_or(0);
    acknowledge(fmt::format("promote {} {}", before, version));
    if (i % 3 == 2) {
      acknowledge(
          fmt::format("rollback {} {}", version, store.Rollback(kModel, "champion", "child")));
    }
    store.FinishRun(run, "finished");
    acknowledge(fmt::format("finish {}", run));
  }
}

struct Moment {
  uint64_t lines;
  uint64_t pause_us;
};

/// Reads from the pipe until `lines` stand there, or the end when that is asked for.
void Read(int pipe, uint64_t lines, std::string& text) {
  char piece[65536];
  while (static_cast<uint64_t>(std::ranges::count(text, '\n')) < lines) {
    const ssize_t got = ::read(pipe, piece, sizeof piece);
    if (got <= 0) return;
    text.append(piece, static_cast<size_t>(got));
  }
}

/// Starts a child, kills it at that moment, returns its acknowledgements.
std::string Killed(const fs::path& file, uint64_t round, Moment moment) {
  int ends[2];
  if (::pipe(ends) != 0) throw ErrnoError("make", "a pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    try {
      Append(file, round, Acknowledge(ends[1]));
    } catch (const Error& error) {
      std::cerr << error.Render();
    }
    ::_exit(2);
  }
  ::close(ends[1]);
  std::string acknowledged;
  Read(ends[0], moment.lines, acknowledged);
  const timespec pause{.tv_sec = 0, .tv_nsec = static_cast<long>(moment.pause_us * 1000)};
  ::nanosleep(&pause, nullptr);  // the moment itself is what is tested
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  Demand(WIFSIGNALED(status), "the child ended before it was killed");
  Read(ends[0], std::numeric_limits<uint64_t>::max(), acknowledged);
  ::close(ends[0]);
  return acknowledged;
}

/// A line of the child in the words of the audit.
struct Change {
  std::string action;
  int before;
  int after;
  bool operator==(const Change&) const = default;
};

/// What all children so far were told is on the disk.
struct Promised {
  std::set<std::string> runs;
  std::set<std::string> finished;
  std::map<std::string, int> metric_steps;
  std::map<int, std::string> hashes;
  std::vector<Change> changes;  // in order, but those that were never acknowledged are missing

  void Take(const std::string& line) {
    std::istringstream words(line);
    std::string kind, name;
    int before = 0, after = 0;
    words >> kind;
    if (kind == "run" && words >> name) runs.insert(name);
    if (kind == "finish" && words >> name) finished.insert(name);
    if (kind == "metrics" && words >> name >> after) metric_steps[name] = after + 1;
    if (kind == "version" && words >> after >> name) {
      hashes[after] = name;
      changes.push_back({"register", 0, after});
    }
    if ((kind == "promote" || kind == "rollback") && words >> before >> after) {
      changes.push_back({kind, before, after});
    }
  }
};

void CheckRuns(const Store& store, const Promised& promised) {
  std::map<std::string, Run> runs;
  for (Run& run : store.ListRuns({}, 1'000'000)) runs.emplace(run.id, std::move(run));
  for (const std::string& id : promised.runs) {
    Demand(runs.contains(id), fmt::format("run {} is lost", id));
    Demand(runs.at(id).parameters.contains("i"), fmt::format("run {} lost its parameters", id));
  }
  for (const std::string& id : promised.finished) {
    Demand(runs.at(id).status == "finished", fmt::format("the end of run {} is lost", id));
  }
  for (const auto& [id, steps] : promised.metric_steps) {
    const size_t points = store.MetricHistory(id).size();
    Demand(points % 2 == 0, fmt::format("run {} has half a batch of metrics", id));
    Demand(points >= 2 * static_cast<size_t>(steps), fmt::format("metrics of {} are lost", id));
    Demand(runs.at(id).metrics.at("loss") >= steps - 0.5, "a metric has another value");
  }
}

Change ChangeOf(const AuditRow& row) {
  const auto version = [](const Json& side) {
    return side.is_object() && side["version"].is_number() ? side["version"].get<int>() : 0;
  };
  return {row.action, version(row.before), version(row.after)};
}

/// Replays the audit: what it says must be what the registry holds, and every promised change
/// must stand in it, in order.
void CheckRegistry(const Store& store, const Promised& promised, size_t kills) {
  std::deque<Change> open(promised.changes.begin(), promised.changes.end());
  size_t versions = 0;
  size_t unpromised = 0;
  std::vector<int> holders;
  for (const AuditRow& row : store.Audit(kModel)) {
    const Change change = ChangeOf(row);
    if (!open.empty() && open.front() == change) {
      open.pop_front();
    } else {
      ++unpromised;
    }
    if (change.action == "register") ++versions;
    if (change.action == "promote") holders.push_back(change.after);
    if (change.action == "rollback") holders.pop_back();
    const int holder = holders.empty() ? 0 : holders.back();
    Demand(change.action == "register" || holder == change.after, "the audit contradicts itself");
  }
  Demand(open.empty(), "an acknowledged change of the registry is not in the audit");
  Demand(unpromised <= kills, "the audit holds changes that nobody made");
  const size_t held = versions == 0 ? 0 : store.Versions(kModel).size();
  Demand(held == versions, "versions and audit differ in number");
  for (const auto& [version, hash] : promised.hashes) {
    Demand(store.GetVersion(kModel, version).bundle_hash == hash,
           fmt::format("version {} is another one", version));
  }
  const auto champion = store.FindAlias(kModel, "champion");
  Demand((champion ? champion->version : 0) == (holders.empty() ? 0 : holders.back()),
         "the champion is not who the audit says");
}

int Main() {
  const uint64_t kills = Setting("KEELROW_KILLS", 50);
  const uint64_t seed = Setting("KEELROW_SEED", 4);
  std::cout << fmt::format("store_kill_test: seed={} kills={}\n", seed, kills) << std::flush;
  const TemporaryFolder folder;
  Promised promised;
  size_t lines = 0;
  for (uint64_t i = 0; i < kills; ++i) {
    const fs::path file = folder.path() / fmt::format("store{}.db", i / kKillsPerFile);
    if (i % kKillsPerFile == 0) promised = {};
    Random random(seed, "kill", {i});
    const Moment moment{.lines = random.Below(kLinesMax), .pause_us = random.Below(kPauseUsMax)};
    std::istringstream acknowledged(Killed(file, i, moment));
    for (std::string line; std::getline(acknowledged, line); ++lines) promised.Take(line);
    const Store store(file);
    store.Check();
    CheckRuns(store, promised);
    CheckRegistry(store, promised, i % kKillsPerFile + 1);
  }
  std::cout << fmt::format("store_kill_test: {} kills, {} acknowledged writes, none lost\n", kills,
                           lines);
  return 0;
}

}  // namespace
}  // namespace keelrow::track

int main() {
  try {
    return keelrow::track::Main();
  } catch (const std::exception& error) {
    std::cerr << "store_kill_test: " << error.what() << "\n";
    return 1;
  }
}
