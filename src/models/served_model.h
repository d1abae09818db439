#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/predictor.h"
#include "models/executor.h"
#include "models/sequence_buckets.h"

namespace keelrow::models {

/// One model of a chain, in one version.
struct OriginPart {
  std::string model;
  std::filesystem::path path;
  std::string bundle_hash = {};
  std::map<std::string, std::string> inputs = {};  // as engine::ChainPart has them

  bool operator==(const OriginPart&) const = default;
};

/// What a model is loaded from.
struct Origin {
  std::string model;
  std::string version;                 // of digits, or any name that is one path segment
  std::filesystem::path path;          // a bundle's folder, or a network's file
  std::string bundle_hash = {};        // that the bundle must have; empty: any
  std::vector<OriginPart> parts = {};  // of a chain, in place of a path; never another's later

  bool operator==(const Origin&) const = default;
};

struct LoadOptions {
  LaneOptions lane;
  SequenceOptions sequence = {};
  std::filesystem::path compiled;  // folder of compiled networks; empty: none is kept
};

/// One version of a model, ready to answer. A request holds it from its beginning to its end, so an
/// exchange neither fails a request nor mixes two versions; it goes with the last request that has
/// it. Its network runs in the executor's threads. Thread-safe.
class ServedModel : public std::enable_shared_from_this<ServedModel> {
 public:
  /// About what loading it will take in memory.
  static uint64_t BytesOf(const Origin& origin);

  /// Loads it and runs it once, so that its first request is as fast as the others. Throws what
  /// Predictor::Load and Session::Open throw, kCorrupt for a bundle of another hash, kBadValue for
  /// a `sequence` that does not fit the network.
  static std::shared_ptr<ServedModel> Load(const Origin& origin, const LoadOptions& options,
                                           Executor& executor);

  const std::string& name() const { return origin_.model; }
  const std::string& version() const { return origin_.version; }
  const Origin& origin() const { return origin_; }
  /// Another number each time that something is loaded: the file of a version may have changed.
  uint64_t load_number() const { return load_number_; }

  /// Null for a bare network, which takes tensors only.
  const engine::Predictor* predictor() const { return predictor_ ? &*predictor_ : nullptr; }
  const engine::Session& session() const { return predictor_ ? predictor_->session() : *session_; }

  /// The network's answer to `job.inputs`, which Session::Fault must have let pass; `job.answer`
  /// gets it. False, and `job` untouched, when the queue is full.
  bool Submit(Job&& job) const;

  LaneStats Stats() const { return executor_.Stats(*lane_); }

  /// For eviction: what it takes in memory, about, and when it was last asked for.
  uint64_t bytes() const { return bytes_; }
  void Touch() const { last_used_ = Clock::now().time_since_epoch().count(); }
  Clock::time_point last_used() const {
    return Clock::time_point(Clock::duration(last_used_.load()));
  }

  ServedModel(Origin origin, Executor& executor)
      : origin_(std::move(origin)), executor_(executor) {}

 private:
  static uint64_t NextLoadNumber();

  Origin origin_;
  const uint64_t load_number_ = NextLoadNumber();
  Executor& executor_;
  std::optional<engine::Predictor> predictor_;
  std::optional<engine::Session> session_;  // without a predictor
  std::optional<SequenceBuckets> sequences_;
  std::shared_ptr<Lane> lane_;
  uint64_t bytes_ = 0;
  mutable std::atomic<Clock::rep> last_used_{0};
};

}  // namespace keelrow::models
