#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/server.h"
#include "http/span_exporter.h"
#include "models/mounted_source.h"
#include "models/repository.h"
#include "predictions/answer_cache.h"
#include "project/serving.h"
#include "signals/metrics.h"
#include "signals/request_log.h"

namespace keelrow::predictions {

class Rollouts;
class TaskFiles;

/// What the protocols of one model service share. It outlives the server; `models`, `metrics` and
/// `stopping` are thread-safe, the rest does not change once the server has started.
struct ServeContext {
  std::string model;  // that answers where a request names none; empty: the only one there is
  bool auth = true;   // whether predictions need a token
  bool metrics_token = false;                                // whether /metrics needs one too
  bool describe_token = true;                                // and what describes the models
  int64_t pixels_max = project::ServeLimitsConfig{}.pixels;  // of a picture that is asked about
  bool language_models = false;  // whether an endpoint of serve.hybrid has some
  bool says_certainty = false;   // in answers to single examples, for rules of serve.hybrid
  std::function<size_t()> concurrency_limit = [] { return size_t{0}; };  // 0: none
  std::function<bool()> backends_ready = {};                             // a gateway's
  std::function<http::ServerLoad()> load = [] { return http::ServerLoad{}; };
  /// Runs a job on the server's workers; false when they have too much to do.
  http::Post post = [](std::function<void()>) { return false; };
  /// The same for jobs that wait: for hosts that files are fetched from, and for models that are
  /// loaded. A slow host holds up no model.
  http::Post post_fetching = [](std::function<void()>) { return false; };
  http::Post post_loading = [](std::function<void()>) { return false; };
  /// Models that SageMaker's multi-model endpoints name; null: this is none.
  std::shared_ptr<models::MountedModels> mounted = {};
  uint64_t memory_max = 0;                           // of the mounted models; 0: no bound
  std::shared_ptr<const TaskFiles> task_files = {};  // null in a gateway
  std::vector<http::Route> routes = {};              // all protocols', for the API's description
  std::unique_ptr<models::Repository> models = {};   // never null while the server runs
  std::shared_ptr<Rollouts> rollouts = {};           // null: every request has the champion
  signals::Metrics metrics = {};
  std::shared_ptr<http::SpanExporter> spans = {};         // null: none are sent
  std::unique_ptr<signals::RequestLog> request_log = {};  // null: nothing is written down
  std::unique_ptr<AnswerCache> cache = {};                // null: nothing is kept
  std::atomic<bool> stopping{false};  // readiness fails, what still comes is answered

  /// The name that a request without one means; empty when there is none.
  std::string DefaultModel() const;
  /// Whether what shall be loaded is, and with it the model that answers by default, if one must;
  /// in a gateway, whether somebody stands behind it.
  bool Ready() const;
  /// What answers where no model is named; null while it is not loaded.
  std::shared_ptr<const models::ServedModel> Standard() const;
  /// What every role has to say in its metrics; the rest of the gauges is the caller's.
  signals::ServiceGauges Gauges() const;
};

/// A version as JSON: a number where it is one, as the registry's are.
Json VersionJson(const std::string& version);

}  // namespace keelrow::predictions
