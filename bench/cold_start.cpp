// Milliseconds from starting `keelrow up` to its first right answer over HTTP, some runs in a row.
// Prints one line of JSON: {"ms": […]}. Used by loop.sh.
#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/free_port_for_test.h"
#include "base/process.h"
#include "guarded_main.h"
#include "http/client.h"

namespace keelrow::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience(60);
constexpr std::chrono::milliseconds kBetweenAttempts(1);

struct Options {
  std::string keelrow;
  std::string project;
  std::string picture;
  std::string label;
  std::string token;
  int runs = 5;
};

/// Whether a right answer came; false while there is no service, or none that is ready.
bool Answers(uint16_t port, const std::string& picture, const Options& options) {
  try {
    http::Client client({.port = port});
    const http::Response response =
        client.Post("/predict", picture,
                    {{"Authorization", "Bearer " + options.token}, {"Content-Type", "image/png"}});
    if (response.status == 503) return false;
    const Json answer = ParseJson(response.body, "answer").Value();
    if (response.status == 200 && answer.at("result").at("label") == options.label) return true;
    throw Error(Code::kBadRequest, "a wrong answer: " + response.body);
  } catch (const Error& error) {
    if (error.code() != Code::kIo) throw;
    return false;
  }
}

double ColdStart(const Options& options) {
  const std::string picture = ReadFile(options.picture);
  const uint16_t port = FreePort();
  const Clock::time_point start = Clock::now();
  Process service({.arguments = {options.keelrow, "-f", options.project, "up", "--port",
                                 std::to_string(port)}});
  while (!Answers(port, picture, options)) {
    if (Clock::now() - start > kPatience) throw Error(Code::kTimeout, "no answer within a minute");
    std::this_thread::sleep_for(kBetweenAttempts);
  }
  const std::chrono::duration<double, std::milli> taken = Clock::now() - start;
  service.Signal(SIGTERM);
  service.Wait();
  return taken.count();
}

int Main(int argc, char** argv) {
  CLI::App app("Cold start of `keelrow up`.", "bench-cold-start");
  Options options;
  app.add_option("--keelrow", options.keelrow)->required();
  app.add_option("--project", options.project)->required();
  app.add_option("--picture", options.picture)->required();
  app.add_option("--label", options.label, "The picture's class")->required();
  app.add_option("--token", options.token)->required();
  app.add_option("--runs", options.runs)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  Json milliseconds = Json::array();
  for (int i = 0; i < options.runs; ++i) milliseconds.push_back(ColdStart(options));
  std::printf("%s\n", Json{{"ms", milliseconds}}.dump().c_str());
  return 0;
}

}  // namespace
}  // namespace keelrow::bench

int main(int argc, char** argv) {
  return keelrow::bench::GuardedMain(keelrow::bench::Main, argc, argv);
}
