#include "signals/access_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelrow::signals {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

TEST(AccessLog, ALineNamesTheExchangeAndNoSecret) {
  http::Request request;
  request.method = "POST";
  request.target = "/predict?token=geheim";
  request.path = "/predict";
  request.headers = {{"Authorization", "Bearer geheim"}, {"Cookie", "geheim"}};
  request.body = "12345";
  request.remote = "127.0.0.1:5";
  request.id = "r-1";
  request.identity = http::Identity{.subject = "ann"};
  request.headers.Add("traceparent", "geheim");
  request.trace = {.trace_high = 1, .trace_low = 0xab};
  request.client_name = "CN=worker-7";
  const http::Route route{.method = "POST", .pattern = "/predict", .protocol = "predict"};
  request.route = &route;
  const http::Response response = http::Response::Text("ok", 200);
  const std::string line =
      AccessLine({.request = request, .response = response, .duration = 1500us});
  EXPECT_EQ(Json::parse(line),
            Json::parse(R"({"id": "r-1", "remote": "127.0.0.1:5", "method": "POST",
      "path": "/predict", "status": 200, "ms": 1.5, "bytes_in": 5, "bytes_out": 2,
      "trace_id": "000000000000000100000000000000ab", "route": "/predict", "protocol": "predict",
      "client": "CN=worker-7", "subject": "ann"})"));
  EXPECT_THAT(line, Not(HasSubstr("geheim")));
}

TEST(AccessLog, ALineStaysOneLine) {
  http::Request request;
  request.path = "/a\nb";
  const http::Response response;
  const std::string text = AccessLine({.request = request, .response = response, .duration = 0us});
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  EXPECT_EQ(Json::parse(text).at("path"), request.path);
}

}  // namespace
}  // namespace keelrow::signals
