#include "predictions/shadow.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace keelrow::predictions {
namespace {

using models::ServedModel;

constexpr size_t kJobsMax = 64;
constexpr size_t kBytesMax = size_t{64} << 20;
constexpr int kNiceness = 10;

size_t BytesOf(const Question& question) {
  size_t bytes = 0;
  for (const transforms::Payload& example : question.examples) {
    if (const auto* file = std::get_if<std::string>(&example)) bytes += file->size();
    if (const auto* tensor = std::get_if<Tensor>(&example)) bytes += tensor->bytes.size();
    if (const auto* image = std::get_if<data::Image>(&example)) bytes += image->pixels.size();
  }
  for (const Tensor& tensor : question.tensors) bytes += tensor.bytes.size();
  return bytes;
}

std::vector<std::vector<float>> ScoresOf(ShadowJob& job) {
  const ServedModel& model = *job.model;
  std::vector<std::vector<float>> scores;
  for (transforms::Payload& example : job.examples) {
    scores.push_back(model.predictor()->Scores(std::move(example)));
  }
  if (job.tensors.empty()) return scores;
  const std::vector<Tensor> outputs = model.session().Run(job.tensors);
  if (model.predictor() != nullptr) scores = ScoresOfRows(*model.predictor(), outputs[0]);
  return scores;
}

/// Half the sum of the differences: 0 for the same distribution, 1 for wholly different ones.
double Distance(const std::vector<float>& one, const std::vector<float>& other) {
  if (one.size() != other.size()) return 1;
  double sum = 0;
  for (size_t i = 0; i < one.size(); ++i) sum += std::abs(one[i] - other[i]);
  return std::min(sum / 2, 1.0);
}

void Compare(ShadowJob& job) {
  rollout::Recorder& recorder = *job.live->recorder;
  try {
    const std::vector<std::vector<float>> scores = ScoresOf(job);
    const std::vector<std::string> labels = TopLabels(*job.model, scores);
    if (labels.size() != job.labels.size() || scores.size() != job.scores.size()) {
      return recorder.CompareFailed(models::Clock::now());
    }
    for (size_t i = 0; i < labels.size(); ++i) {
      recorder.Compare({.stable_label = job.labels[i],
                        .candidate_label = labels[i],
                        .distance = Distance(job.scores[i], scores[i])},
                       models::Clock::now());
    }
  } catch (const std::exception&) {
    recorder.CompareFailed(models::Clock::now());  // the SLO says how often it may
  }
}

}  // namespace

ShadowRunner::ShadowRunner()
    : queue_(kJobsMax), thread_([this] {
        // Of this thread alone, as Linux has it.
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness);
        while (auto job = queue_.Pop()) Compare(**job);
      }) {
  pthread_setname_np(thread_.native_handle(), "shadow");
}

ShadowRunner::~ShadowRunner() {
  queue_.Close();
  while (queue_.PopFor(std::chrono::milliseconds(0))) {
  }
  thread_.join();
}

std::shared_ptr<ShadowJob> ShadowRunner::Keep(const Question& question) {
  auto job = std::make_shared<ShadowJob>();
  job->held = held_;
  job->bytes = BytesOf(question);  // given back with it
  const bool room = held_->fetch_add(job->bytes) + job->bytes <= kBytesMax;
  if (!room || queue_.Size() >= kJobsMax) return nullptr;
  job->examples = question.examples;
  job->tensors = question.tensors;
  return job;
}

}  // namespace keelrow::predictions
