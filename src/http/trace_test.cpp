#include "http/trace.h"

#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "base/queue.h"
#include "http/middleware.h"
#include "http/server.h"
#include "http/span_exporter.h"

namespace keelrow::http {
namespace {

using namespace std::chrono_literals;

constexpr const char* kGiven = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(Traceparent, IsReadAndWritten) {
  auto trace = ParseTraceparent(kGiven);
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->TraceId(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(trace->parent, 0xb7ad6b7169203331u);
  EXPECT_TRUE(trace->sampled);
  trace->span = trace->parent;
  EXPECT_EQ(trace->Traceparent(), kGiven);
  const std::string ids = "-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-";
  EXPECT_FALSE(ParseTraceparent("00" + ids + "00")->sampled);
  EXPECT_TRUE(ParseTraceparent("00" + ids + "ff")->sampled);
  EXPECT_TRUE(ParseTraceparent("cc" + ids + "01")) << "a later version";
  EXPECT_TRUE(ParseTraceparent("cc" + ids + "01-what the future brings"));
}

TEST(Traceparent, WhatTheStandardForbidsIsIgnored) {
  for (const char* text : {"", "00", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                           "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                           "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                           "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                           "00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01",
                           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0A",
                           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
                           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                           "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
                           "00-0af7651916cd43dd8448eb211c80319-b7ad6b71692033310-01",
                           "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
                           "0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                           " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}) {
    EXPECT_FALSE(ParseTraceparent(text)) << text;
  }
}

TEST(NewTrace, IsUniqueAndSampledAsOftenAsAsked) {
  std::set<std::string> ids;
  int sampled = 0;
  for (int i = 0; i < 10'000; ++i) {
    const TraceContext trace = NewTrace(0.25);
    EXPECT_TRUE(trace.known());
    EXPECT_NE(trace.span, 0u);
    EXPECT_EQ(trace.parent, 0u);
    ids.insert(trace.TraceId());
    sampled += trace.sampled ? 1 : 0;
    EXPECT_FALSE(NewTrace(0).sampled);
    EXPECT_TRUE(NewTrace(1).sampled);
  }
  EXPECT_EQ(ids.size(), 10'000u);
  EXPECT_NEAR(sampled, 2'500, 260);  // six standard deviations of the binomial
}

/// A collector: takes OTLP over HTTP, and keeps what came.
class Collector {
 public:
  explicit Collector(int status = 200)
      : server_({}, Router({{.method = "POST",
                             .pattern = "/v1/traces",
                             .handler = Sync([this, status](const Request& request) {
                               EXPECT_EQ(request.ContentType(), "application/json");
                               bodies_.TryPush(Json::parse(request.body));
                               return Response::Json(Json::object(), status);
                             })}})) {
    server_.Start();
  }
  Url url() const { return *ParseUrl("http://127.0.0.1:" + std::to_string(server_.Port())); }
  Json Next() { return bodies_.PopFor(20s).value_or(Json()); }
  void Stop() { server_.Stop(); }

 private:
  BoundedQueue<Json> bodies_{1000};
  Server server_;
};

/// A server whose requests are traced.
Server Traced(SpanExporter& exporter, double sample) {
  const auto show = [](const Request& request) {
    return Response::Text(request.trace.Traceparent());
  };
  const auto fail = [](const Request&) -> Response { throw std::runtime_error("broken"); };
  return Server({}, Router({{.method = "GET", .pattern = "/models/{name}", .handler = Sync(show)},
                            {.method = "GET", .pattern = "/broken", .handler = Sync(fail)}},
                           {RequestId(), Tracing({.sample = sample, .export_span = [&](Span span) {
                                                    exporter.Export(std::move(span));
                                                  }})}));
}

Json Attribute(const Json& span, const std::string& key) {
  for (const Json& attribute : span["attributes"]) {
    if (attribute["key"] == key) return attribute["value"].begin().value();
  }
  return {};
}

TEST(SpanExporter, ACollectorReceivesWhatWasSampled) {
  Collector collector;
  SpanExporter exporter({.endpoint = collector.url(), .service = "digits", .batch_wait = 200ms});
  Server server = Traced(exporter, 0);
  server.Start();
  Client client({.port = server.Port()});
  const std::string ours =
      client.Get("/models/secret", {{"traceparent", kGiven}, {"x-request-id", "r-1"}}).body;
  EXPECT_EQ(ours.substr(0, 36), std::string(kGiven).substr(0, 36));
  EXPECT_NE(ours, kGiven) << "our own span";
  client.Get("/broken", {{"traceparent", kGiven}});
  client.Get("/models/x", {{"traceparent", std::string(kGiven).replace(54, 1, "0")}});
  client.Get("/models/x", {{"traceparent", kGiven}, {"Traceparent", kGiven}});

  const Json body = collector.Next();
  const Json& resource = body["resourceSpans"][0];
  EXPECT_EQ(resource["resource"]["attributes"][0]["value"]["stringValue"], "digits");
  const Json& spans = resource["scopeSpans"][0]["spans"];
  ASSERT_EQ(spans.size(), 2u) << "neither the one not sampled nor the one with two traceparents";
  const Json& span = spans[0];
  EXPECT_EQ(span["traceId"], "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(span["parentSpanId"], "b7ad6b7169203331");
  EXPECT_EQ(span["spanId"], ours.substr(36, 16));
  EXPECT_EQ(span["name"], "GET /models/{name}");
  EXPECT_EQ(span["kind"], 2);
  EXPECT_EQ(Attribute(span, "http.response.status_code"), "200");
  EXPECT_EQ(Attribute(span, "http.route"), "/models/{name}");
  EXPECT_EQ(Attribute(span, "http.request.id"), "r-1");
  EXPECT_LE(std::stoull(span["startTimeUnixNano"].get<std::string>()),
            std::stoull(span["endTimeUnixNano"].get<std::string>()));
  EXPECT_EQ(span["status"], Json::object());
  EXPECT_EQ(spans[1]["status"]["code"], 2);
  EXPECT_EQ(body.dump().find("secret"), std::string::npos) << "the pattern, not the path";
}

Span Any() {
  return {.trace = NewTrace(1), .name = "GET", .method = "GET", .status = 200};
}

TEST(SpanExporter, SendsWhatWaitsWhenItEnds) {
  Collector collector;
  {
    SpanExporter exporter({.endpoint = collector.url(), .batch_max = 4, .batch_wait = 1h});
    for (int i = 0; i < 10; ++i) exporter.Export(Any());
  }
  size_t count = 0;
  for (int i = 0; i < 3; ++i) {
    count += collector.Next()["resourceSpans"][0]["scopeSpans"][0]["spans"].size();
  }
  EXPECT_EQ(count, 10u);
}

TEST(SpanExporter, CountsWhatItDrops) {
  Collector refusing(503);
  SpanExporter exporter({.endpoint = refusing.url(), .batch_max = 1});
  exporter.Export(Any());
  refusing.Next();
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (exporter.dropped() < 1 && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_EQ(exporter.dropped(), 1u);
  EXPECT_EQ(exporter.exported(), 0u);
}

TEST(SpanExporter, AFullQueueHoldsNobodyUp) {
  // Takes connections, as the kernel does for it, and never answers.
  std::vector<Reply> kept;
  Server deaf({}, Router({}, {[&kept](Request&, Reply reply, const Next&) {
                           kept.push_back(std::move(reply));
                         }}));
  deaf.Start();
  SpanExporter exporter({.endpoint = *ParseUrl("http://127.0.0.1:" + std::to_string(deaf.Port())),
                         .queue_max = 8,
                         .batch_max = 1,
                         .timeout = 300ms});
  for (int i = 0; i < 100; ++i) exporter.Export(Any());
  EXPECT_GE(exporter.dropped(), 91u);
}

}  // namespace
}  // namespace keelrow::http
