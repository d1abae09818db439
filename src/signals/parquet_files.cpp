#include "signals/parquet_files.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/periodic.h"
#include "signals/line_files.h"

namespace keelrow::signals {
namespace {

using Clock = std::chrono::steady_clock;

// Files of processes that were killed are looked for so often.
constexpr std::chrono::minutes kLook{1};
// A stop is waited for, by a supervisor that kills who does not come to an end.
constexpr std::chrono::seconds kLast{5};
constexpr int kNice = 19;

/// Of this thread alone, as Linux has it.
void BecomeNice() {
  static thread_local const int done =
      ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
  (void)done;  // where it is not allowed, it is as important as the others
}

/// DuckDB's explanations quote what was to be converted, and that is nobody's who reads the log.
std::string ReasonOf(const std::exception& failure) {
  const std::string why = failure.what();
  const auto* error = dynamic_cast<const Error*>(&failure);
  const bool theirs = error != nullptr && error->code() == Code::kSyntax;
  return theirs ? "DuckDB says " + why.substr(0, why.find(':')) : why;
}

}  // namespace

struct ParquetFiles::State {
  ParquetFilesOptions options;
  std::atomic<Clock::time_point> until{Clock::time_point::max()};
  std::atomic<size_t> failures{0};
  std::set<fs::path> failed;  // not tried again; one thread at a time
  std::optional<Periodic> thread;

  bool Wanted() const { return Clock::now() < until.load(); }

  std::vector<fs::path> FilesOf(const std::string& begin, const std::string& ending) const {
    std::vector<fs::path> files;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(options.folder, ignored)) {
      const std::string name = entry.path().filename().string();
      const bool ours = name.starts_with(begin) && name.ends_with(ending);
      if (ours && !entry.is_symlink(ignored)) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
  }

  static fs::path ParquetOf(const fs::path& lines) {
    return fs::path(lines).replace_extension(kParquetEnding);
  }

  /// What kills left of conversions that nobody will repeat, since the lines were too old.
  void RemoveDrafts() const {
    std::set<fs::path> expected;
    for (const fs::path& lines : FilesOf(options.prefix + "-", kLinesEnding)) {
      expected.insert(data::ParquetDraft(ParquetOf(lines)));
    }
    for (const fs::path& draft : FilesOf("." + options.prefix + "-", ".draft")) {
      std::error_code ignored;
      if (!expected.contains(draft)) fs::remove(draft, ignored);
    }
  }

  void ConvertAll() {
    for (const fs::path& lines : FilesOf(options.prefix + "-", kLinesEnding)) {
      if (!Wanted()) return;
      if (failed.contains(lines)) continue;
      try {
        Convert(lines);
      } catch (const std::exception& failure) {
        if (!fs::exists(lines)) continue;  // it was too old meanwhile
        ++failures;
        failed.insert(lines);
        log::Warning("{} stays JSON Lines: {}", lines.string(), ReasonOf(failure));
      }
    }
  }

  void Convert(const fs::path& lines) {
    const auto lock = FileLock::TryAcquire(lines);  // held by who writes it, or converts it
    if (!lock) return;
    CutOffHalfLine(lines);
    const auto wanted = [this] { return Wanted(); };
    const bool done = fs::file_size(lines) == 0 ||  // a writer that just made it makes another
                      data::ParquetFromJsonLines(lines, ParquetOf(lines), options.columns, wanted);
    if (done) fs::remove(lines);
  }
};

ParquetFiles::ParquetFiles(ParquetFilesOptions options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
  state_->RemoveDrafts();
  state_->thread.emplace(std::chrono::milliseconds(0), [state = state_.get()] {
    BecomeNice();
    state->ConvertAll();
    return kLook;
  });
}

ParquetFiles::~ParquetFiles() {
  state_->until = Clock::now() + kLast;
  state_->thread.reset();
  state_->ConvertAll();
}

void ParquetFiles::Wake() {
  state_->thread->Poke();
}

size_t ParquetFiles::failures() const {
  return state_->failures;
}

}  // namespace keelrow::signals
