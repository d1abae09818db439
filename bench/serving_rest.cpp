// What a service costs before and between requests: its start and its memory.
#include <chrono>
#include <thread>

#include "asking.h"
#include "peers.h"
#include "photos.h"

namespace keelrow::bench {
namespace {

constexpr std::chrono::seconds kRest(3);

Json Answered(const std::string& body) {
  return {
      {"answers", {NumbersOf(body)}}, {"expected", Json::array()}, {"refused", 0}, {"failure", ""}};
}

Ask Photo(const Places& places) {
  fs::path first;
  for (const auto& entry : fs::recursive_directory_iterator(Photos(places))) {
    if (entry.is_regular_file() && (first.empty() || entry.path() < first)) first = entry.path();
  }
  return {.type = "image/jpeg", .body = ReadFile(first)};
}

/// Milliseconds to the first answer of the second of two starts: files are in memory by then, and
/// compiled models in their caches.
Side ColdStart(Start start) {
  return [=](const Places& places) -> Sample {
    using Clock = std::chrono::steady_clock;
    const Ask ask = Photo(places);
    start(places)->FirstAnswer(ask);
    const Clock::time_point began = Clock::now();
    const std::unique_ptr<Service> service = start(places);
    const std::string body = service->FirstAnswer(ask);
    const std::chrono::duration<double, std::milli> took = Clock::now() - began;
    return {.value = took.count(), .answer = Answered(body)};
  };
}

Side Memory(Start start) {
  return [=](const Places& places) -> Sample {
    const Json question = ReadJsonFile(ServingModels(places) / "mlp/questions.json").at(0);
    const std::unique_ptr<Service> service = start(places);
    const std::string body =
        service->FirstAnswer({.body = Json{{"input_data", question.at("input")}}.dump()});
    std::this_thread::sleep_for(kRest);
    return {.value = service->ResidentMb(), .answer = Answered(body)};
  };
}

Start Ours(const std::string& model) {
  return [=](const Places& places) { return StartOurs(places, {.model = model}); };
}

Start FastApi(const std::string& model) {
  return [=](const Places& places) { return StartFastApi(places, {.model = model}); };
}

}  // namespace

std::vector<Case> RestCases() {
  return {
      {.suite = "serving",
       .name = "cold_start",
       .peer = "fastapi",
       .unit = "ms",
       .more_is_better = false,
       .help = "From exec to the first right answer about a photo by EfficientNet-Lite0 (14 MB), "
               "asked again every millisecond; the second of two starts, so that files are in "
               "memory. Ours is `keelrow up`, theirs FastAPI and PyTorch with one worker.",
       .limit =
           "The engine: of some 108 ms of processor time, taking up the compiled network takes "
           "50 (reading its layers, making its kernels anew), two inferences 20, loading the "
           "engine's libraries 12, which happens beside the reading of the project; checking the "
           "bundle's 14 MB takes 8 and the program's own dynamic linking 8.",
       .ours = ColdStart(Ours("photo")),
       .theirs = ColdStart(FastApi("photo")),
       .fault = Fault,
       .data = kPhotos},
      {.suite = "serving",
       .name = "memory",
       .peer = "fastapi",
       .unit = "MB",
       .more_is_better = false,
       .help = "Resident memory of all processes 3 s after the first answer of the perceptron. "
               "Ours is `keelrow up` with all roles, theirs FastAPI and PyTorch with one worker.",
       .limit = "The engine: with its CPU plugin and a compiled network alone a process has 47 MB.",
       .ours = Memory(Ours("mlp")),
       .theirs = Memory(FastApi("mlp")),
       .fault = Fault}};
}

}  // namespace keelrow::bench
