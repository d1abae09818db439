#include "predictions/rollouts.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/hash.h"
#include "base/log.h"
#include "base/periodic.h"
#include "predictions/rollout_metrics.h"
#include "predictions/shadow.h"

namespace keelrow::predictions {
namespace {

using models::ServedModel;

constexpr const char* kChampion = "champion";
constexpr std::chrono::seconds kJudgeEvery{1};

/// Names this start of this service: what an earlier one has seen stays beside it.
std::string ReplicaName() {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return fmt::format("{}-{}-{}", host, ::getpid(), ToHex(SecureRandomBytes(4)));
}

/// Milliseconds since 1970.
track::TimeMs WallMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string ClientKey(const http::Request& request) {
  if (request.identity) return "s" + request.identity->issuer + "\n" + request.identity->subject;
  if (!request.client_name.empty()) return "c" + request.client_name;
  // Behind a gateway all come from its address. Who makes one up moves nobody but himself.
  const std::string_view chain = request.headers.Find("X-Forwarded-For").value_or("");
  if (!chain.empty()) return "a" + std::string(chain.substr(0, chain.find(',')));
  return "a" + request.remote.substr(0, request.remote.rfind(':'));
}

rollout::Result ResultOf(Cause cause) {
  switch (cause) {
    case Cause::kAnswered:
      return rollout::Result::kAnswered;
    case Cause::kRefused:
      return rollout::Result::kRefused;
    case Cause::kLeft:
      return rollout::Result::kLeft;
    case Cause::kOurs:
      break;
  }
  return rollout::Result::kFailed;
}

/// Its examples, or its tensors' rows; one at least.
int64_t RowsOf(const Question& question) {
  if (!question.examples.empty()) return static_cast<int64_t>(question.examples.size());
  const bool rows = !question.tensors.empty() && !question.tensors[0].shape.empty();
  return rows ? std::max<int64_t>(question.tensors[0].Rows(), 1) : 1;
}

/// How a version stands here; one that is not there has not been seen yet.
struct Standing {
  models::State state = models::State::kUnloaded;
  std::string reason = {};
};

Standing StandingOf(const models::Repository& models, const std::string& name, int version) {
  const auto table = models.Table();
  const auto found = table->find(name);
  if (found == table->end()) return {};
  const models::Version* it = found->second.Find(std::to_string(version));
  return it == nullptr ? Standing{} : Standing{.state = it->state, .reason = it->reason};
}

/// Why the version cannot be loaded here; empty while it is, or may still be.
std::string FaultOf(const models::Repository& models, const std::string& name, int version) {
  const Standing standing = StandingOf(models, name, version);
  return standing.state == models::State::kFailed ? standing.reason : "";
}

/// Why it is not loaded; empty while it is.
std::string AbsenceOf(const models::Repository& models, const std::string& name, int version) {
  const Standing standing = StandingOf(models, name, version);
  if (standing.state == models::State::kReady) return "";
  return standing.reason.empty() ? "it is being loaded" : standing.reason;
}

}  // namespace

std::string StickyKey(const rollout::Plan& plan, const http::Request& request) {
  if (plan.key == rollout::Key::kRequest) return "r" + request.id;
  if (plan.key == rollout::Key::kHeader) {
    const std::string_view value = request.headers.Find(plan.header).value_or("");
    if (!value.empty()) return "h" + std::string(value);
  }
  return ClientKey(request);
}

std::vector<std::string> TopLabels(const ServedModel& model,
                                   const std::vector<std::vector<float>>& scores) {
  std::vector<std::string> tops;
  if (model.predictor() == nullptr) return tops;
  const std::vector<std::string>& labels = model.predictor()->manifest().labels;
  for (const std::vector<float>& one : scores) {
    if (one.empty() || one.size() != labels.size()) return {};
    tops.push_back(labels[BestOf(one)]);
  }
  return tops;
}

/// While one file is on its way: what that takes is not the version's time, nor is it overdue then.
class RolloutPart::Fetching {
 public:
  Fetching(RolloutPart& part, bool last) : part_(part), last_(last) {}
  ~Fetching() {
    part_.began_ += models::Clock::now() - from_;
    if (last_) part_.live_->recorder->Begin(part_.side(), part_.began_, part_.rows_);
  }
  Fetching(const Fetching&) = delete;

 private:
  RolloutPart& part_;
  const bool last_;
  const rollout::Time from_ = models::Clock::now();
};

void RolloutPart::Measure(Question& question) {
  rollout::Recorder& recorder = *live_->recorder;
  recorder.Suspend(side(), began_, rows_);
  computed_ = true;
  rows_ = RowsOf(question);
  if (!question.bring) return recorder.Begin(side(), began_, rows_);
  began_ = models::Clock::now();  // it has waited for a thread that may wait
  question.bring = [this, bring = std::move(question.bring),
                    count = question.examples.size()](size_t number) {
    const Fetching fetching(*this, number + 1 == count);
    return bring(number);
  };
}

void RolloutPart::Keep(Question& question) {
  if (!live_) return;
  const bool elsewhere = question.bring != nullptr;
  Measure(question);
  if (!shadow_) return;
  if (!elsewhere) job_ = runner_->Keep(question);  // else there is nothing to keep yet
  if (!job_) live_->recorder->PassOver(models::Clock::now());
}

void RolloutPart::Note(const Answer& answer) {
  if (!live_) return;
  try {
    labels_ = TopLabels(answer.model, answer.scores);
    if (!job_) return;
    job_->live = live_;
    job_->model = shadow_;
    job_->scores = answer.scores;
    job_->labels = labels_;
    if (!runner_->Run(std::move(job_))) live_->recorder->PassOver(models::Clock::now());
  } catch (const std::exception& failure) {
    log::Warning("an answer is not counted in a rollout: {}", failure.what());
  }
}

void RolloutPart::End(const ServedModel& model, Cause cause, http::Response& response) {
  if (!live_) return;
  response.headers.Set(kVersionHeader, model.version());
  const bool shadow = !live_->plan.Answers();  // which counts labels where it compares them
  const rollout::Result result = ResultOf(cause);
  live_->recorder->End({.side = side(),
                        .result = result,
                        .labels = shadow ? std::vector<std::string>{} : std::move(labels_),
                        .rows = rows_,
                        .computed = computed_ || result == rollout::Result::kFailed},
                       began_, models::Clock::now());
  live_.reset();
}

struct Rollouts::State {
  models::Repository& models;
  const std::chrono::milliseconds every;
  RolloutCounts counts;
  std::shared_ptr<ShadowRunner> shadow = std::make_shared<ShadowRunner>();  // answers may hold it
  rollout::Keeper keeper;
  rollout::Time judged{};
  std::unique_ptr<Periodic> thread;  // last: it uses the others

  explicit State(const RolloutsOptions& options)
      : models(options.models),
        every(options.every),
        keeper(
            {.store = options.store,
             .replica = ReplicaName(),
             .fault = [this](const std::string& model,
                             int version) { return FaultOf(models, model, version); },
             .absence = [this](const std::string& model,
                               int version) { return AbsenceOf(models, model, version); },
             .on_change = [this](const std::string& model,
                                 const std::string& action) { counts.CountChange(model, action); },
             .on_unreadable = [this](const char* what) { counts.CountUnreadable(what); }}),
        thread(std::make_unique<Periodic>(std::chrono::milliseconds(0), [this] {
          Work();
          return every;
        })) {}

  void Work() {
    const rollout::Time now = models::Clock::now();
    keeper.Follow(now);
    if (now - judged < kJudgeEvery) return;
    judged = now;
    keeper.Judge(WallMs(), now);
  }
};

Rollouts::Rollouts(const RolloutsOptions& options) : state_(std::make_unique<State>(options)) {}
Rollouts::~Rollouts() = default;

RolloutPart Rollouts::Assign(const ModelName& name, const http::Request& request) const {
  RolloutPart part;
  if (!state_->keeper.Any()) return part;
  if (!name.version.empty() && name.version != kChampion) return part;
  const auto table = state_->keeper.Table();
  const auto found = table->find(name.model);
  if (found == table->end()) return part;
  const auto& live = found->second;
  part.live_ = live;
  part.began_ = request.arrived;
  part.runner_ = state_->shadow;
  if (live->split.IsCandidate(StickyKey(live->plan, request), live->Weight(WallMs()))) {
    // Null while it is being loaded: nobody waits for it.
    auto served = state_->models.Find(name.model, std::to_string(live->record.candidate));
    (live->plan.Answers() ? part.candidate_ : part.shadow_) = std::move(served);
  }
  live->recorder->Begin(part.side(), part.began_);
  return part;
}

std::string Rollouts::MetricsText() const {
  return RolloutMetricsText(*state_->keeper.Table(), state_->counts,
                            {.wall = WallMs(), .steady = models::Clock::now()},
                            [this](const std::string& model, int version) {
                              return AbsenceOf(state_->models, model, version).empty();
                            });
}

}  // namespace keelrow::predictions
