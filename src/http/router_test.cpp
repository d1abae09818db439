#include "http/router.h"

#include <gtest/gtest.h>

#include "http/target.h"

namespace keelrow::http {
namespace {

Route Row(std::string method, std::string pattern, std::string name) {
  return {.method = std::move(method),
          .pattern = std::move(pattern),
          .handler = Sync([name](const Request& request) {
            std::string text = name;
            for (const auto& [key, value] : request.params) text += " " + key + "=" + value;
            return Response::Text(text);
          })};
}

bool RunNow(std::function<void()> job) {
  job();
  return true;
}

Response Ask(const Router& router, const std::string& method, const std::string& target,
             const Router::Post& post = RunNow) {
  Request request{.method = method, .target = target};
  request.deadline = Request::Clock::now() + std::chrono::hours(1);
  EXPECT_EQ(ParseTarget(request), std::nullopt);
  Response answer;
  router.Handle(request, Reply([&](Response response) { answer = std::move(response); }), post);
  return answer;
}

TEST(Router, LiteralsWinOverParameters) {
  const Router router({Row("GET", "/models/{name}", "one"), Row("GET", "/models/all", "all"),
                       Row("POST", "/models/{name}", "put"), Row("GET", "/", "root"),
                       Row("GET", "/models/{name}/versions/{version}", "version")});
  EXPECT_EQ(Ask(router, "GET", "/models/a%20b").body, "one name=a b");
  EXPECT_EQ(Ask(router, "GET", "/models/all").body, "all");
  EXPECT_EQ(Ask(router, "POST", "/models/all").body, "put name=all");
  EXPECT_EQ(Ask(router, "GET", "/").body, "root");
  EXPECT_EQ(Ask(router, "HEAD", "/models/x").body, "one name=x");
  EXPECT_EQ(Ask(router, "GET", "/models/m/versions/3").body, "version name=m version=3");
}

TEST(Router, UnknownPathsAndMethods) {
  const Router router({Row("GET", "/models/{name}", "one"), Row("PUT", "/models/all", "all")});
  EXPECT_EQ(Ask(router, "GET", "/nothing").status, 404);
  EXPECT_EQ(Ask(router, "GET", "/models/").status, 404);
  EXPECT_EQ(Ask(router, "GET", "/models/a/b").status, 404);
  EXPECT_EQ(Ask(router, "GET", "//models/a").status, 404);
  const Response refused = Ask(router, "DELETE", "/models/all");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.Find("allow"), "GET, HEAD, PUT");
}

TEST(Router, EqualRowsAreABug) {
  EXPECT_THROW(Router({Row("GET", "/a/{x}", "1"), Row("GET", "/a/{y}", "2")}), Error);
  EXPECT_THROW(Router({Row("GET", "a", "1")}), Error);
}

TEST(Router, MiddlewareRunsInOrderAroundEverything) {
  std::string order;
  const auto trace = [&order](std::string name) {
    return Middleware([&order, name](Request& request, Reply reply, const Next& next) {
      order += name;
      next(request, Reply([&order, name, reply = std::move(reply)](Response response) mutable {
             order += name;
             reply(std::move(response));
           }));
    });
  };
  const Middleware stop = [](Request& request, Reply reply, const Next& next) {
    if (request.path == "/stop") return reply(Response::Text("stopped", 403));
    next(request, std::move(reply));
  };
  const Router router({Row("GET", "/a", "a")}, {trace("1"), trace("2"), stop, trace("3")});
  EXPECT_EQ(Ask(router, "GET", "/a").status, 200);
  EXPECT_EQ(order, "123321");
  order.clear();
  EXPECT_EQ(Ask(router, "GET", "/stop").status, 403);
  EXPECT_EQ(order, "1221");
  EXPECT_EQ(Ask(router, "GET", "/none").status, 404);
}

TEST(Router, AFullPoolAnswersAtOnce) {
  Route route = Row("GET", "/slow", "slow");
  route.run_on = RunOn::kWorkers;
  const Router router({route});
  EXPECT_EQ(Ask(router, "GET", "/slow").body, "slow");
  const Response full = Ask(router, "GET", "/slow", [](std::function<void()>) { return false; });
  EXPECT_EQ(full.status, 503);
  EXPECT_EQ(full.headers.Find("Retry-After"), "1");
}

TEST(Reply, DroppedAnswers500AndCountsOnce) {
  int calls = 0;
  int status = 0;
  {
    Reply reply([&](Response response) {
      ++calls;
      status = response.status;
    });
  }
  EXPECT_EQ(status, 500);
  {
    Reply reply([&](Response response) {
      ++calls;
      status = response.status;
    });
    reply(Response::Text("x", 201));
    reply(Response::Text("x", 202));
  }
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(status, 201);
}

TEST(Sync, ErrorsBecomeTheirStatusAndInternalsStayInside) {
  std::string fault;
  const OnFault on_fault = [&](const Request&, std::string_view what) { fault = what; };
  const auto status = [&](auto function) {
    Response answer;
    Sync(function, on_fault)(Request{}, Reply([&](Response r) { answer = std::move(r); }));
    return answer;
  };
  const Response missing = status([](const Request&) -> Response {
    throw Error(Code::kNotFound, "no model `x`", {.hint = "did you mean `y`?"});
  });
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(keelrow::Json::parse(missing.body), (keelrow::Json{{"error", "not_found"},
                                                               {"code", "K0200"},
                                                               {"message", "no model `x`"},
                                                               {"hint", "did you mean `y`?"}}));
  const Response broken = status(
      [](const Request&) -> Response { throw std::runtime_error("secret /etc/keelrow/path"); });
  EXPECT_EQ(broken.status, 500);
  EXPECT_EQ(broken.body.find("secret"), std::string::npos);
  EXPECT_EQ(fault, "secret /etc/keelrow/path");
}

}  // namespace
}  // namespace keelrow::http
