#include "project/serving.h"

#include <algorithm>

namespace keelrow::project {
namespace {

// The server looks at its deadlines ten times a second.
constexpr Duration kShortest{std::chrono::milliseconds(100)};
constexpr Duration kLongest{std::chrono::hours(24)};
// What a token bucket can count in nanoseconds without rounding or running over.
constexpr double kRateMin = 0.001;
constexpr double kRequestsMax = 1'000'000;

}  // namespace

void Describe(config::Object<GatewayConfig>& object) {
  object.Doc("How `keelrow up --role gateway` sends requests on to model services.");
  object.Field("backends", &GatewayConfig::backends,
               "Where they are, as http://HOST:PORT; --backend names them instead.");
  object
      .Field(
          "attempts", &GatewayConfig::attempts,
          "Most backends that are asked for one answer, the first included. Another one is asked "
          "only where that can do no harm.")
      .Range(1, 10);
  object
      .Field("attempt_timeout", &GatewayConfig::attempt_timeout,
             "How long one of them may take; a request's own deadline, if it is sooner, counts.")
      .Range(kShortest, kLongest);
  object
      .Field("retries", &GatewayConfig::retries,
             "What repeated requests may be, as a share of all; more fail instead.")
      .Range(0, 1);
  object
      .Field("hedge", &GatewayConfig::hedge,
             "An answer that is later than this share of the answers is asked for at a second "
             "backend too, and the first counts; 1 never does.")
      .Range(0.5, 1);
}

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
  object.Field("adaptive", &ServeLimitsConfig::adaptive,
               "Whether fewer are let in while they only make each other wait: in an overload "
               "latency stays short, and the rest get 503 at once.");
}

void Describe(config::Object<RateConfig>& object) {
  object.Doc("A token bucket: it fills at `rate` and holds `burst`.");
  object.Field("rate", &RateConfig::rate, "Requests a second; 0 sets no limit.")
      .Range(0, kRequestsMax);
  object
      .Field("burst", &RateConfig::burst,
             "Requests at once after a pause; 0 takes as many as one second brings.")
      .Range(0, kRequestsMax);
  object.Check([](const RateConfig& config) {
    if (config.rate == 0 || config.rate >= kRateMin) return;
    throw Error(Code::kBadValue, "a rate is at least one request in 1000 s (0.001), or 0");
  });
}

void Describe(config::Object<SharedLimitConfig>& object) {
  object.Doc("Limits that several gateways share.");
  object.Field("redis", &SharedLimitConfig::redis,
               "Where, as redis://[USER@]HOST[:PORT][/DATABASE]; empty shares nothing.");
  object.Field("password_file", &SharedLimitConfig::password_file,
               "The file that holds its password, if it asks for one.");
  object.Field("closed", &SharedLimitConfig::closed,
               "While it cannot be reached, whether nothing passes (503); otherwise each gateway "
               "goes on with limits of its own.");
}

void Describe(config::Object<RateLimitConfig>& object) {
  object.Doc("How many requests are answered; those beyond it get 429 with Retry-After.");
  object.Field("all", &RateLimitConfig::all, "All requests together.");
  object.Field("client", &RateLimitConfig::client,
               "Each client's: by the token's subject, without one by address.");
  object.Field("model", &RateLimitConfig::model, "Each model's.");
  object.Field(
      "unit", &RateLimitConfig::unit,
      "A body of so many bytes counts as one request more, of twice as many as two more; 0 "
      "counts them all as one.");
  object.Field("shared", &RateLimitConfig::shared, "Limits that several gateways share.");
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

void Describe(config::Object<ServedModelConfig>& object) {
  object.Doc("What one model has otherwise than the rest.");
  object.Field("batch", &ServedModelConfig::batch, "In the place of `serve.batch`.");
  object
      .Field("instances", &ServedModelConfig::instances,
             "Most runs of it at once; 0: as many as `serve.threads` allows, of `threads` each.")
      .Range(0, 1024);
  object
      .Field("threads", &ServedModelConfig::threads,
             "Processors that work on one run. More make a large network answer sooner, and all "
             "together slower.")
      .Range(1, 256);
  object
      .Field("queue", &ServedModelConfig::queue,
             "Most requests waiting for it; 0: as `serve.limits.queue`.")
      .Range(0, 100'000);
  object.Field("sequence", &ServedModelConfig::sequence,
               "Sequences of many lengths, padded to a few. Without it each runs as it is.");
}

void Describe(config::Object<ManagementConfig>& object) {
  object.Doc(
      "From where models are loaded, unloaded and moved (TorchServe's management, the repository "
      "of "
      "the Open Inference Protocol). A token of the scope `manage` is needed in any case.");
  object.Field(
      "listen", &ManagementConfig::listen,
      "An address and port of its own, such as 127.0.0.1:8081; the service's own port then "
      "has no management. Empty: it is on the service's own port.");
  object.Field("remote", &ManagementConfig::remote,
               "Whether clients on other machines may manage models too.");
}

void Describe(config::Object<ChainPartConfig>& object) {
  object.Doc("One model of a chain.");
  object.Field("model", &ChainPartConfig::model, "Its name.").Required();
  object.Field("version", &ChainPartConfig::version,
               "A version or an alias; empty: the one that answers by default.");
  object.Field("inputs", &ChainPartConfig::inputs,
               "What feeds its inputs, where the names differ: `{input: output}`, or "
               "`{input: model.output}`.");
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
  object.Field("settings", &ModelsConfig::settings, "By a model's name, what only it has.");
  object.Field("chains", &ModelsConfig::chains,
               "Models one after another that are served as one, by its name: what a model gives "
               "feeds the inputs of the same name.");
}

void Describe(config::Object<CorsConfig>& object) {
  object.Doc("Pages of which other origins may ask from a browser.");
  object.Field("origins", &CorsConfig::origins,
               "`https://shop.example`, as browsers send it; `*` for all. Empty: none.");
  object.Field("methods", &CorsConfig::methods, "What they may use.");
  object.Field("headers", &CorsConfig::headers, "What they may send.");
  object.Field("credentials", &CorsConfig::credentials,
               "Whether cookies and the browser's certificates go with it; not with `*`.");
  object.Field("max_age", &CorsConfig::max_age, "How long a browser keeps what a preflight said.")
      .Range(Duration{std::chrono::milliseconds(0)}, kLongest);
  object.Check([](const CorsConfig& config) {
    if (!config.credentials || std::ranges::count(config.origins, "*") == 0) return;
    throw Error(Code::kBadValue, "credentials cannot be for the pages of everybody",
                {.hint = "name the origins instead of `*`"});
  });
}

void Describe(config::Object<TlsConfig>& object) {
  object.Doc(
      "HTTPS (TLS 1.2 and 1.3). The files are PEM, relative to the project file; when they change, "
      "new connections get the new ones.");
  object.Field("certificate", &TlsConfig::certificate,
               "The server's certificate, then those that signed it. Empty: plain HTTP.");
  object.Field("key", &TlsConfig::key, "Its key, without a password.");
  object.Field("client_ca", &TlsConfig::client_ca,
               "Not empty: only clients with a certificate of these authorities (mutual TLS).");
  object
      .Field("handshake_timeout", &TlsConfig::handshake_timeout,
             "How long a client may take to agree on TLS.")
      .Range(kShortest, kLongest);
  object.Check([](const TlsConfig& config) {
    if (config.certificate.empty() && config.key.empty() && config.client_ca.empty()) return;
    if (!config.certificate.empty() && !config.key.empty()) return;
    throw Error(Code::kBadValue, "TLS needs a certificate and its key",
                {.hint = "tls: {certificate: server.pem, key: server.key}"});
  });
}

void Describe(config::Object<TracingConfig>& object) {
  object.Doc("Where the spans of requests are sent (OpenTelemetry).");
  object.Field("endpoint", &TracingConfig::endpoint,
               "An OTLP/HTTP collector: `http://localhost:4318`. Empty: none is sent.");
  object
      .Field("sample", &TracingConfig::sample,
             "The share of the requests that are traced; one with a `traceparent` follows that.")
      .Range(0, 1);
}

void Describe(config::Object<LabelStudioConfig>& object) {
  object.Doc(
      "Label Studio asks here for pre-labels. Pictures that its tasks name by URL are fetched from "
      "the places named here, and from no others.");
  object.Field("url", &LabelStudioConfig::url,
               "Where it runs: `http://labels:8080`. Files that were uploaded into it are there.");
  object.Field("token_file", &LabelStudioConfig::token_file,
               "The file that holds an access token of it. Relative to the project file.");
  object.Field("origins", &LabelStudioConfig::origins,
               "Others that may be asked though they are not public: `http://minio:9000`.");
  object.Field("hosts", &LabelStudioConfig::hosts,
               "Public hosts that may be asked: names, `*.example.com` for all below a domain, `*` "
               "for all. They never see the token.");
  object.Check([](const LabelStudioConfig& config) {
    if (config.token_file.empty() || !config.url.empty()) return;
    throw Error(Code::kBadValue, "a token without the `url` that it is for");
  });
}

void Describe(config::Object<ServeConfig>& object) {
  object.Doc("How `keelrow up` answers over HTTP.");
  object.Field("host", &ServeConfig::host, "Address to listen on.");
  object.Field("port", &ServeConfig::port, "Port to listen on; 0 takes any free one.")
      .Range(0, 65535);
  object.Field("threads", &ServeConfig::threads, "Inferences at once; 0 takes all cores.")
      .Range(0, 1024);
  object.Field(
      "busy_poll", &ServeConfig::busy_poll,
      "Where requests mostly come within 0.1 ms of each other, a thread looks for the next "
      "one instead of sleeping. Answers come sooner for it, and one core is never idle "
      "meanwhile.");
  object.Field("batch", &ServeConfig::batch, "Several requests in one inference.");
  object.Field("models", &ServeConfig::models,
               "Which models are served, and when they are loaded.");
  object.Field("auth", &ServeConfig::auth, "Who may ask.");
  object.Field("limits", &ServeConfig::limits, "What one client, and all together, may take.");
  object.Field("tls", &ServeConfig::tls, "HTTPS.");
  object.Field("cors", &ServeConfig::cors, "Pages of other origins.");
  object.Field("tracing", &ServeConfig::tracing, "Spans.");
  object.Field("rate_limit", &ServeConfig::rate_limit, "How many requests are answered.");
  object.Field("hybrid", &ServeConfig::hybrid, "Predictions that public endpoints answer.");
  object.Field("label_studio", &ServeConfig::label_studio, "Pre-labels for annotators.");
  object.Field("management", &ServeConfig::management, "From where models are managed.");
  object.Field("request_log", &ServeConfig::request_log, "Predictions, written down.");
  object.Field("cache", &ServeConfig::cache, "Answers, kept.");
  object
      .Field("watch", &ServeConfig::watch,
             "How often the registry is asked whether another version was promoted.")
      .Range(Duration{std::chrono::milliseconds(1)}, kLongest);
}

}  // namespace keelrow::project
