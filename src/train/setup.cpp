#include "train/setup.h"

#include <fmt/format.h>

#include <new>

#include "base/error.h"
#include "nets/zoo.h"
#include "train/last_good.h"

namespace keelrow::train {
namespace {

Error OutOfMemory(const TrainJob& job) {
  return Error(Code::kEnvironment, "memory ran out while training",
               {.hint = fmt::format("lower `train.batch_size` (now {}) or the size in `prepare`",
                                    job.train.batch_size)});
}

/// The same error; its hint goes on with where the last good weights are.
Error WithLastGood(const Error& error, const TrainJob& job) {
  const std::string kept = KeepLastGood(job);
  if (kept.empty()) return error;
  const std::string hint = error.hint().empty() ? kept : error.hint() + "; " + kept;
  return Error(error.code(), error.message(), {.hint = hint});
}

/// LibTorch's messages go on with a stack trace; the first line is what happened.
Error Translate(const std::exception& failure, const TrainJob& job) {
  const std::string text = failure.what();
  // c10's CPU allocator throws a plain c10::Error; its text is the only mark.
  if (text.find("can't allocate memory") != std::string::npos) return OutOfMemory(job);
  return Error(Code::kInternal,
               fmt::format("the numeric library failed: {}", text.substr(0, text.find('\n'))));
}

}  // namespace

Preparation PreparationFor(const TrainJob& job, const data::Catalog& catalog) {
  return {.source = data::OpenSource(job.source),
          .chain = transforms::Chain(job.prepare),
          .augmentation = transforms::AugmentationChain(job.augment),
          .labels = catalog.Labels(),
          .seed = job.seed};
}

nets::Graph BuildGraph(const TrainJob& job, const Preparation& preparation,
                       const ExampleSet& examples) {
  return nets::BuildNetwork(job.model.network.value,
                            {.input_shape = examples.Plain(0).input.shape,
                             .classes = static_cast<int64_t>(preparation.labels.size()),
                             .dropout = job.model.dropout,
                             .width = job.model.width});
}

void RemoveDrafts(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> drafts;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".tmp") drafts.push_back(entry.path());
  }
  for (const auto& draft : drafts) std::filesystem::remove(draft);
}

void Guarded(const TrainJob& job, const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    throw error.code() == Code::kDiverged ? WithLastGood(error, job) : error;
  } catch (const std::bad_alloc&) {
    throw WithLastGood(OutOfMemory(job), job);
  } catch (const std::exception& failure) {
    throw WithLastGood(Translate(failure, job), job);
  }
}

}  // namespace keelrow::train
