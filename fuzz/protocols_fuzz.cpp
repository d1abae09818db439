// A body under every protocol that predicts: it is answered, or refused as the client's fault in
// the protocol's own shape. The first byte chooses where it goes; then comes a line for what a
// header says beside it (the JSON's length of the Open Inference Protocol), then the body.
#include <array>
#include <future>
#include <thread>

#include "http/target.h"
#include "models/repository.h"
#include "protocols/protocols.h"
#include "require.h"
#include "tiny_bundle.h"

namespace keelrow::fuzz {
namespace {

struct Place {
  std::string_view target;
  std::string_view content_type;
};
constexpr auto kPlaces = std::to_array<Place>({
    {"/v2/models/tiny/infer", "application/json"},
    {"/v2/models/bare/infer", "application/json"},
    {"/v2/models/bare/infer", "application/octet-stream"},
    {"/v2/models/tiny/infer", "application/octet-stream"},
    {"/v1/models/tiny:predict", "application/json"},
    {"/v1/models/bare:predict", "application/json"},
    {"/predictions/tiny", "application/json"},
    {"/predictions/tiny", "image/png"},
    {"/predictions/tiny", "multipart/form-data; boundary=b"},
    {"/invocations", "application/json"},
    {"/invocations", "text/csv"},
    {"/models/bare/invoke", "application/json"},
    {"/models/bare/invoke", "text/csv"},
    {"/predict", "application/json"},
    {"/v1/chat/completions", "application/json"},
    {"/v2/repository/index", "application/json"},
    {"/v2/repository/models/tiny/load", "application/json"},
    {"/models", "application/json"},
});

/// All protocols over a folder with a bundle and a bare network.
class Service {
 public:
  Service() {
    WriteTinyBundle(folder_.path() / "tiny");
    WriteFileDurably(folder_.path() / "bare.onnx", TinyNetwork());
    std::vector<std::unique_ptr<models::Source>> sources;
    sources.push_back(models::FolderSource(folder_.path()));
    context_.models = std::make_unique<models::Repository>(
        std::move(sources), models::RepositoryOptions{.every = std::chrono::hours(1)}, executor_);
    context_.post = RunNow;
    while (!context_.models->Ready()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    router_.emplace(protocols::AllRoutes(context_));
  }

  http::Response Ask(const Place& place, std::string_view aside, std::string_view body) const {
    http::Request request{.method = "POST",
                          .target = std::string(place.target),
                          .headers = {{"Content-Type", std::string(place.content_type)}},
                          .body = std::string(body),
                          .id = "r-1",
                          .arrived = http::Request::Clock::now(),
                          .deadline = http::Request::Clock::now() + std::chrono::seconds(20)};
    if (!aside.empty()) request.headers.Add("Inference-Header-Content-Length", std::string(aside));
    Require(!http::ParseTarget(request), "the target is one");
    std::promise<http::Response> promise;
    router_->Handle(
        request, http::Reply([&](http::Response answer) { promise.set_value(std::move(answer)); }),
        RunNow);
    return promise.get_future().get();
  }

 private:
  static bool RunNow(const std::function<void()>& job) {
    job();
    return true;
  }

  TemporaryFolder folder_;
  predictions::ServeContext context_{.model = "tiny", .language_models = true};
  models::Executor executor_{1};
  std::optional<http::Router> router_;
};

void Check(std::string_view input) {
  static const Service service;
  if (input.empty()) return;
  const Place& place = kPlaces[static_cast<unsigned char>(input.front()) % kPlaces.size()];
  input.remove_prefix(1);
  const std::string_view aside = TakeUntil(input, '\n');
  const http::Response answer = service.Ask(place, aside, input);
  Require(answer.status != 500, "no body is a fault of ours");
  const auto type = answer.headers.Find("Content-Type");
  if (type && type->starts_with("application/json")) {
    Require(Json::accept(answer.body), "an answer that is called JSON is JSON");
  }
  Require(answer.status == 200 || answer.body.size() < 10'000, "a refusal repeats no whole body");
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  // OpenVINO's TBB would otherwise dlopen with RTLD_DEEPBIND, which AddressSanitizer refuses.
  return ::setenv("TBB_ENABLE_SANITIZERS", "1", 1);
}

/// What TBB's binding of threads and OpenVINO's executor keep for each thread, in memory that the
/// sanitizer does not look at, until the process ends.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libtbb.so\nleak:libtbbbind\nleak:libhwloc\nleak:CPUStreamsExecutor\n";
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  keelrow::fuzz::Check(keelrow::fuzz::Text(data, size));
  return 0;
}
