#include "http/router.h"

#include <gtest/gtest.h>

#include "base/random.h"
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
             const Post& post = RunNow) {
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

/// What the documentation of Route says, read off every row: the index must find the same.
const Route* ByTheRule(const std::vector<Route>& routes, const Request& request) {
  const auto literals_if_match = [&](const Route& route) {
    int literals = 0;
    std::string_view rest = route.pattern;
    for (const std::string& segment : request.segments) {
      if (rest.empty()) return -1;
      const std::string_view text = rest.substr(1, rest.find('/', 1) - 1);
      const bool parameter = text.starts_with('{');
      if (parameter ? segment.empty() : text != segment) return -1;
      literals += parameter ? 0 : 1;
      rest.remove_prefix(text.size() + 1);
    }
    return rest.empty() ? literals : -1;
  };
  const Route* best = nullptr;
  int best_score = -1;
  for (const Route& route : routes) {
    const bool exact = route.method == request.method;
    if (!exact && !(request.method == "HEAD" && route.method == "GET")) continue;
    const int literals = literals_if_match(route);
    const int score = literals < 0 ? -1 : 2 * literals + (exact ? 1 : 0);
    if (score > best_score) best = &route, best_score = score;
  }
  return best;
}

TEST(Router, TheIndexFindsWhatAWalkOverAllRowsWould) {
  Random random(7, "router-test");
  const std::vector<std::string> words = {"a", "b", "{x}", "{y}", ""};
  const std::vector<std::string> methods = {"GET", "POST", "HEAD", "DELETE"};
  const auto draw_path = [&] {
    std::string path;
    for (uint64_t length = 1 + random.Below(4); length > 0; --length) {
      path += '/' + words[random.Below(words.size())];
    }
    return path;
  };
  for (int round = 0; round < 20; ++round) {
    std::vector<Route> rows;
    for (int i = 0; i < 120; ++i) {
      rows.push_back(Row(methods[random.Below(methods.size())], draw_path(), std::to_string(i)));
      try {
        Router{rows};
      } catch (const Error&) {
        rows.pop_back();  // its like is there already
      }
    }
    const Router router(rows);
    for (int i = 0; i < 200; ++i) {
      Request request{.method = methods[random.Below(methods.size())], .target = draw_path()};
      std::erase_if(request.target, [](char c) { return c == '{' || c == '}'; });
      ASSERT_EQ(ParseTarget(request), std::nullopt);
      const Route* expected = ByTheRule(router.routes(), request);
      router.Handle(request, Reply([](Response) {}), RunNow);
      EXPECT_EQ(request.route, expected) << request.method << " " << request.target;
    }
  }
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
