// Trains a tiny network to its end; then again and again from the start, but killed with SIGKILL
// (now and then SIGTERM) at random moments and started anew until it ends. The weights must be the
// same bytes each time, and nothing but the declared files may be left. Augmentation, a moving
// average, dropout, shuffling, frozen layers, accumulated batches, a rate that follows the
// validation loss, mixed examples, bfloat16 and checkpoints in mid-epoch all take part.
//
// KEELROW_KILLS: trainings that are killed (20). KEELROW_SEED: of the moments, printed.

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <set>
#include <thread>

#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/process.h"
#include "base/random.h"
#include "data/catalog.h"
#include "data/image_encode.h"
#include "job/step_job.h"

namespace keelrow {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLabels = 3;
constexpr int kPicturesPerLabel = 120;
constexpr int kKillsPerTraining = 4;  // then it may run to its end

uint64_t Setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void Demand(bool holds, const std::string& what) {
  if (holds) return;
  fmt::print(stderr, "train_kill_test: {}\n", what);
  std::exit(1);
}

/// A gray square whose brightness says the label, under noise.
std::string Picture(int label, int index) {
  data::Image image = data::Image::Blank(16, 16, 1);
  Random random(1, "picture", {static_cast<uint64_t>(label), static_cast<uint64_t>(index)});
  for (uint8_t& pixel : image.pixels) {
    pixel = static_cast<uint8_t>(60 * label + static_cast<int>(random.Below(120)));
  }
  return data::EncodePng(image);
}

data::Catalog WritePictures(const fs::path& folder) {
  data::Catalog catalog;
  for (int label = 0; label < kLabels; ++label) {
    MakeFolders(folder / std::to_string(label));
    for (int i = 0; i < kPicturesPerLabel; ++i) {
      const std::string id = fmt::format("{}/{:03}.png", label, i);
      const std::string bytes = Picture(label, i);
      WriteFileDurably(folder / id, bytes);
      catalog.examples.push_back({.id = id,
                                  .label = std::to_string(label),
                                  .content_hash = Sha256Hex(bytes),
                                  .size = bytes.size()});
      catalog.subsets.push_back(i % 5 == 0 ? data::Subset::kValidation : data::Subset::kTrain);
    }
  }
  return catalog;
}

Json Config() {
  return {{"seed", 7},
          {"data", {{"source", "pictures"}, {"path_column", "path"}, {"label_column", "label"}}},
          {"prepare",
           Json::array({{{"decode", {{"mode", "gray"}}}}, {{"normalize", {{"preset", "unit"}}}}})},
          {"augment", Json::array({{{"affine", {{"rotation", 15}, {"width_shift", 0.1}}}},
                                   {{"flip", {{"horizontal", true}}}}})},
          {"model", {{"network", "small_cnn"}, {"dropout", 0.3}}},
          {"train",
           {{"epochs", 8},
            {"batch_size", 8},
            {"ema", 0.95},
            {"early_stop", 8},
            {"optimizer", {{"name", "lion"}, {"lr", 3e-4}}},
            {"schedule", {{"name", "plateau"}, {"plateau_epochs", 1}, {"plateau_factor", 0.5}}},
            {"accumulate", 2},
            {"clip_norm", 1.0},
            {"label_smoothing", 0.1},
            {"mix", {{"mixup", 0.4}, {"cutmix", 1.0}, {"probability", 0.7}}},
            {"layer_decay", 0.8},
            {"freeze_epochs", 2},
            {"precision", "bfloat16"},
            {"checkpoint_every", 7},
            {"threads", 1},
            {"loader_threads", 2}}}};
}

/// A folder with pictures, a split and the job of one training.
class Workplace {
 public:
  Workplace() {
    MakeFolders(root() / "split");
    data::WriteCatalog(root() / "split" / "examples.jsonl", WritePictures(root() / "pictures"));
  }

  fs::path root() const { return folder_.path(); }
  fs::path output() const { return root() / "train"; }

  fs::path scratch() const { return root() / "scratch"; }

  /// Empty folders and the command that fills it.
  Command Fresh() const {
    for (const fs::path& folder : {output(), scratch()}) {
      fs::remove_all(folder);
      MakeFolders(folder);
    }
    const job::StepJob job{.step = "train",
                           .config = Config(),
                           .project_folder = root(),
                           .inputs = {{"split", root() / "split"}},
                           .output = output(),
                           .scratch = scratch()};
    WriteJsonFile(root() / "job.json", job.ToJson());
    return {.arguments = {Trainer(), "step", "train", root() / "job.json"},
            .log = root() / "train.log"};
  }

  std::set<std::string> Outputs() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(output())) {
      names.insert(entry.path().filename());
    }
    return names;
  }

 private:
  static std::string Trainer() {
    const char* folder = std::getenv("KEELROW_BIN");
    Demand(folder != nullptr, "KEELROW_BIN must name the folder of keelrow-trainer");
    return fs::path(folder) / "keelrow-trainer";
  }

  TemporaryFolder folder_;
};

/// Sends the signal once the time has passed, unless it is destroyed before.
class Killer {
 public:
  Killer(pid_t pid, int signal, std::chrono::milliseconds after)
      : thread_([this, pid, signal, after] {
          std::unique_lock lock(mutex_);
          if (!ended_.wait_for(lock, after, [this] { return over_; })) ::kill(pid, signal);
        }) {}
  ~Killer() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    ended_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::jthread thread_;
};

class KillTest {
 public:
  explicit KillTest(uint64_t seed) : seed_(seed) {}

  void Run(int trainings) {
    const auto start = Clock::now();
    RunToEnd(workplace_.Fresh(), "the undisturbed training failed");
    duration_ = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
    expected_ = Fingerprint();
    files_ = workplace_.Outputs();
    fmt::print("undisturbed: {} ms, weights {}\n", duration_.count(), expected_.substr(0, 12));
    for (int i = 0; i < trainings; ++i) RunKilled(i);
    fmt::print("{} of {} killed trainings ended with the same bytes\n", trainings, trainings);
  }

 private:
  static void RunToEnd(const Command& command, const std::string& otherwise) {
    const bool ended = Process(command).Wait().ok();
    Demand(ended, ended ? "" : otherwise + "\n" + ReadFile(command.log));
  }

  std::string Fingerprint() const {
    return Sha256HexOfFile(workplace_.output() / "weights.safetensors") +
           Sha256HexOfFile(workplace_.output() / "history.json");
  }

  void RunKilled(int training) {
    const Command command = workplace_.Fresh();
    Random random(seed_, "kill", {static_cast<uint64_t>(training)});
    std::string moments;
    for (int kill = 0; kill < kKillsPerTraining; ++kill) {
      const int signal = random.Coin(0.2) ? SIGTERM : SIGKILL;
      const std::chrono::milliseconds after(random.Below(static_cast<uint64_t>(duration_.count())));
      moments += fmt::format(" {}@{}ms", signal == SIGTERM ? "term" : "kill", after.count());
      Process process(command);
      const Killer killer(process.pid(), signal, after);
      if (process.Wait().ok()) break;
    }
    RunToEnd(command, "a resumed training failed: " + moments);
    fmt::print("training {}:{}\n", training, moments);
    Demand(Fingerprint() == expected_, "the weights differ after" + moments);
    Demand(workplace_.Outputs() == files_, "other files are left after" + moments);
  }

  const uint64_t seed_;
  Workplace workplace_;
  std::chrono::milliseconds duration_{};
  std::string expected_;
  std::set<std::string> files_;
};

}  // namespace
}  // namespace keelrow

int main() {
  const uint64_t seed = keelrow::Setting("KEELROW_SEED", 1);
  fmt::print("KEELROW_SEED={}\n", seed);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  keelrow::KillTest(seed).Run(static_cast<int>(keelrow::Setting("KEELROW_KILLS", 20)));
}
