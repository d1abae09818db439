#include "project/serving.h"

namespace keelrow::project {
namespace {

// The server looks at its deadlines ten times a second.
constexpr Duration kShortest{std::chrono::milliseconds(100)};
constexpr Duration kLongest{std::chrono::hours(24)};

}  // namespace

void Describe(config::Object<ServeLimitsConfig>& object) {
  object.Doc("What one client, and all together, may take.");
  object.Field("body", &ServeLimitsConfig::body, "Largest body of a request.")
      .Range(ByteSize{1}, ByteSize{uint64_t{4} << 30});
  object
      .Field("bodies", &ServeLimitsConfig::bodies,
             "Most bytes of bodies in memory at once, at least one `body`; beyond it the answer is "
             "503 at once.")
      .Range(ByteSize{1}, ByteSize{uint64_t{1024} << 30});
  object.Field("header", &ServeLimitsConfig::header, "Largest header of a request.")
      .Range(ByteSize{1024}, ByteSize{1 << 20});
  object
      .Field("pixels", &ServeLimitsConfig::pixels,
             "Most pixels of a picture, by what its header says: a small file can claim many, and "
             "each takes up to 9 bytes while it is decoded.")
      .Range(1, 64'000'000);
  object
      .Field("body_timeout", &ServeLimitsConfig::body_timeout,
             "How long a body may take beyond the time that its size takes at 64 KiB/s.")
      .Range(kShortest, kLongest);
  object
      .Field("idle_timeout", &ServeLimitsConfig::idle_timeout,
             "How long an idle connection is kept.")
      .Range(kShortest, kLongest);
  object.Field("connections", &ServeLimitsConfig::connections, "Most connections at once.")
      .Range(1, 100000);
  object
      .Field("queue", &ServeLimitsConfig::queue,
             "Most requests waiting for a thread, or for one model; beyond it the answer is 503 at "
             "once.")
      .Range(1, 100000);
}

void Describe(config::Object<BatchConfig>& object) {
  object.Doc(
      "Requests that wait for the same network run together, as rows of one inference. Batches "
      "form "
      "only while the threads are busy: a request that comes alone waits for nothing.");
  object
      .Field(
          "max", &BatchConfig::max,
          "Most rows of one inference. With more than one, an answer may differ from that of the "
          "row alone by rounding.")
      .Range(1, 1024);
  object
      .Field("wait", &BatchConfig::wait,
             "How long a request waits for others, while several come at a time.")
      .Range(Duration{std::chrono::milliseconds(0)}, Duration{std::chrono::seconds(1)});
}

const std::vector<config::Choice>& LoadChoices() {
  static const std::vector<config::Choice> choices = {
      {.name = "aliases", .help = "Every version that an alias names, before it is asked for."},
      {.name = "on_demand", .help = "A version that is asked for; the first request waits for it."},
  };
  return choices;
}

void Describe(config::Object<ModelsConfig>& object) {
  object.Doc("Which models are served beside the project's own, and when they are loaded.");
  object.Field(
      "folder", &ModelsConfig::folder,
      "A folder of models: MODEL/VERSION, each a bundle or with a model.onnx or model.xml; "
      "or MODEL.onnx. Relative to the project file.");
  object.Field("load", &ModelsConfig::load, "When a version is loaded.");
  object.Field("memory", &ModelsConfig::memory,
               "Most bytes of all models, about; the longest unused give theirs up. 0: no bound.");
}

void Describe(config::Object<ServeConfig>& object) {
  object.Doc("How `keelrow up` answers over HTTP.");
  object.Field("host", &ServeConfig::host, "Address to listen on.");
  object.Field("port", &ServeConfig::port, "Port to listen on; 0 takes any free one.")
      .Range(0, 65535);
  object.Field("threads", &ServeConfig::threads, "Inferences at once; 0 takes all cores.")
      .Range(0, 1024);
  object.Field("batch", &ServeConfig::batch, "Several requests in one inference.");
  object.Field("models", &ServeConfig::models,
               "Which models are served, and when they are loaded.");
  object.Field("auth", &ServeConfig::auth, "Who may ask.");
  object.Field("limits", &ServeConfig::limits, "What one client, and all together, may take.");
  object
      .Field("watch", &ServeConfig::watch,
             "How often the registry is asked whether another version was promoted.")
      .Range(Duration{std::chrono::milliseconds(1)}, kLongest);
}

}  // namespace keelrow::project
