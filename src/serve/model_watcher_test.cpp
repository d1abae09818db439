#include "serve/model_watcher.h"

#include <gtest/gtest.h>

#include "serve/service_for_test.h"

namespace keelrow::serve {
namespace {

using namespace std::chrono_literals;

/// A watcher alone, without a server.
class Watcher : public ServiceTest {
 protected:
  WatchOptions Options(std::chrono::milliseconds retry) const {
    return {
        .store = folder_.path() / "store.db", .root = folder_.path(), .every = 1ms, .retry = retry};
  }
  int Version() const {
    const auto model = context_.slot.Get();
    return model ? model->version : 0;
  }
  void WaitForVersion(int version) const {
    while (Version() != version) std::this_thread::yield();
  }
  void WaitForFailure() const {
    const std::string counter = "model_load_failures_total{";
    while (context_.metrics.Text({}).find(counter) == std::string::npos) std::this_thread::yield();
  }
  /// Flips a bit in the middle of a bundle's network.
  void Damage(uint64_t seed) const {
    const fs::path network =
        folder_.path() / "bundles" / std::to_string(seed) / bundle::kNetworkFile;
    std::string bytes = ReadFile(network);
    bytes[bytes.size() / 2] ^= 1;
    WriteFileDurably(network, bytes);
  }

  ServeContext context_{.model = kModelName};
};

TEST_F(Watcher, FollowsTheAliasFromWhateverProcess) {
  const ModelWatcher watcher(Options(60s), context_);
  AddVersion(1);
  AddVersion(2);
  track::Store other(folder_.path() / "store.db");
  other.Promote({.model = kModelName, .version = 2, .actor = "test"});
  WaitForVersion(2);
  other.Promote({.model = kModelName, .version = 1, .actor = "test"});
  WaitForVersion(1);
}

TEST_F(Watcher, WhatWasRepairedIsLoadedThoughTheRegistryDidNotChange) {
  const ModelWatcher watcher(Options(1ms), context_);
  const int version = AddVersion(1);
  Damage(1);
  Promote(version);
  WaitForFailure();
  EXPECT_EQ(Version(), 0);
  Damage(1);  // the same bit again: whole
  WaitForVersion(version);
}

TEST_F(Watcher, ABundleThatWasExchangedIsRefused) {
  AddVersion(1);
  const int exchanged = AddVersion(2);
  fs::remove_all(folder_.path() / "bundles/2");
  fs::copy(folder_.path() / "bundles/1", folder_.path() / "bundles/2");
  try {
    LoadModel(store_.GetVersion(kModelName, exchanged), {.root = folder_.path()});
    FAIL() << "another bundle stands under the registered path";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kCorrupt);
  }
}

TEST_F(Watcher, ARequestKeepsItsVersionThroughASwap) {
  Promote(AddVersion(1));
  const ModelWatcher watcher(Options(60s), context_);
  WaitForVersion(1);
  const std::shared_ptr<const LoadedModel> held = context_.slot.Get();
  const std::string png = data::EncodePng(NoisePicture(5));
  Promote(AddVersion(2));
  WaitForVersion(2);
  EXPECT_EQ(held->predictor.Answer(png), Offline(1).Answer(png));
  while (held.use_count() != 1) std::this_thread::yield();  // nothing else keeps it alive
}

}  // namespace
}  // namespace keelrow::serve
