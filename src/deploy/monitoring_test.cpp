#include "deploy/monitoring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <regex>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "deploy/dashboard.h"
#include "deploy/template.h"

namespace keelrow::deploy {
namespace {

using testing::HasSubstr;
using testing::Not;

project::Project ProjectOf(const std::string& alerts = "{}", const std::string& serve = "{}") {
  return project::Parse(
             "name: shop\ndata: {source: data}\nserve: " + serve + "\nalerts: " + alerts + "\n",
             "keelrow.yaml")
      .project;
}

std::string TextOf(const std::vector<File>& files, const std::string& path) {
  for (const File& file : files) {
    if (file.path == path) return file.text;
  }
  ADD_FAILURE() << "no file " << path;
  return "";
}

std::string TextOf(const std::string& path, const std::string& alerts = "{}") {
  return TextOf(MonitoringFiles(ProjectOf(alerts), {}), path);
}

/// The code of what `work` throws; empty where it throws nothing.
template <class F>
std::optional<Code> CodeOf(const F& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  return {};
}

/// What the expressions in a text select; all of them name the job.
std::set<std::string> SelectedMetrics(const std::string& text) {
  static const std::regex name("([a-z_][a-z0-9_:]*)\\{job=", std::regex::icase);
  std::set<std::string> names;
  for (std::sregex_iterator i(text.begin(), text.end(), name), end; i != end; ++i) {
    names.insert((*i)[1]);
  }
  return names;
}

std::set<std::string> ExportedMetrics() {
  std::set<std::string> names = {"up", "ALERTS"};  // Prometheus' own
  const std::string golden =
      ReadFile(fs::path(KEELROW_SOURCE_DIR) / "tests" / "golden" / "metrics.txt");
  for (const std::string& line : SplitText(golden, '\n')) {
    const std::string name = line.substr(0, line.find(' '));
    if (line.ends_with(" histogram")) {
      for (const char* suffix : {"_bucket", "_sum", "_count"}) names.insert(name + suffix);
    } else {
      names.insert(name);
    }
  }
  return names;
}

std::set<std::string> RecordedMetrics() {
  static const std::regex record("- record: (\\S+)");
  const std::string rules = TextOf("rules.yml");
  std::set<std::string> names;
  for (std::sregex_iterator i(rules.begin(), rules.end(), record), end; i != end; ++i) {
    names.insert((*i)[1]);
  }
  return names;
}

TEST(Monitoring, RulesAndDashboardsSelectOnlyWhatIsExportedOrRecorded) {
  std::set<std::string> known = ExportedMetrics();
  known.merge(RecordedMetrics());
  std::set<std::string> selected = SelectedMetrics(TextOf("rules.yml"));
  for (const Dashboard& dashboard : Dashboards()) {
    for (const Row& row : dashboard.rows) {
      for (const Panel& panel : row.panels) {
        for (const Query& query : panel.queries) {
          const std::set<std::string> names = SelectedMetrics(query.expr);
          EXPECT_FALSE(names.empty()) << "names no job: " << query.expr;
          selected.insert(names.begin(), names.end());
        }
      }
    }
  }
  for (const std::string& name : selected) EXPECT_TRUE(known.contains(name)) << name;
  EXPECT_GT(selected.size(), 15u);
}

TEST(Monitoring, TheSameProjectGivesTheSameBytesAndNoNameIsLeft) {
  const std::vector<File> one = MonitoringFiles(ProjectOf(), {});
  const std::vector<File> two = MonitoringFiles(ProjectOf(), {});
  ASSERT_EQ(one.size(), 5u);
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].path, two[i].path);
    EXPECT_EQ(one[i].text, two[i].text);
    EXPECT_EQ(one[i].text.find('@'), std::string::npos) << one[i].path;
  }
}

TEST(Monitoring, ThresholdsAreTheProjects) {
  const std::string rules = TextOf(
      "rules.yml", "{latency: 750ms, for: 90s, tail_latency: 1s, availability: 0.99, job: till}");
  EXPECT_THAT(rules, HasSubstr(R"(prediction_latency_seconds{job="till",quantile="0.99"} > 0.75)"));
  EXPECT_THAT(rules, HasSubstr("for: 90s"));
  EXPECT_THAT(rules, HasSubstr(R"(quantile="0.99"} > 1)"));
  EXPECT_THAT(rules, HasSubstr("> 14.4 * 0.01 and"));
  EXPECT_THAT(rules, HasSubstr("availability of 99 %"));
  EXPECT_THAT(rules, Not(HasSubstr("shop")));
}

TEST(Monitoring, DefaultsAreTheMissions) {
  const std::string rules = TextOf("rules.yml");
  EXPECT_THAT(rules, HasSubstr("{job=\"shop\",quantile=\"0.99\"} > 0.5\n        for: 5m\n"));
  EXPECT_THAT(rules, HasSubstr("{job=\"shop\",quantile=\"0.99\"} > 0.2\n"));
  EXPECT_THAT(rules, HasSubstr("> 14.4 * 0.0005 and"));
  EXPECT_THAT(rules, HasSubstr("availability of 99.95 %"));
  EXPECT_THAT(rules, HasSubstr("> 204.8\n"));  // 80 % of 256
}

TEST(Monitoring, TheTargetIsWhereTheServiceListens) {
  const auto target = [](const std::string& serve) {
    return TextOf(MonitoringFiles(ProjectOf("{}", serve), {}), "prometheus.yml");
  };
  EXPECT_THAT(target("{}"), HasSubstr(R"(targets: ["127.0.0.1:8080"])"));
  EXPECT_THAT(target("{host: 0.0.0.0, port: 81}"), HasSubstr(R"(targets: ["127.0.0.1:81"])"));
  EXPECT_THAT(target("{host: '::1', port: 81}"), HasSubstr(R"(targets: ["[::1]:81"])"));
  EXPECT_EQ(CodeOf([&] { target("{port: 0}"); }), Code::kBadValue);
  const auto named = MonitoringFiles(ProjectOf("{}", "{port: 0}"),
                                     {.targets = {"a:1", "b:2"}, .alertmanagers = {"c:3"}});
  EXPECT_THAT(TextOf(named, "prometheus.yml"), HasSubstr(R"(targets: ["a:1", "b:2"])"));
  EXPECT_THAT(TextOf(named, "prometheus.yml"), HasSubstr(R"(targets: ["c:3"])"));
}

TEST(Monitoring, ClosedMetricsAreReadWithAToken) {
  const auto scrape = [](const std::string& serve) {
    return TextOf(MonitoringFiles(ProjectOf("{}", serve), {}), "prometheus.yml");
  };
  EXPECT_THAT(scrape("{}"), Not(HasSubstr("authorization")));
  EXPECT_THAT(scrape("{auth: {metrics: true}}"),
              HasSubstr("\n    authorization: {credentials_file: metrics.token}\n"));
}

TEST(Monitoring, WhatIsNoAddressIsRefused) {
  for (const char* address :
       {"", ":80", "host", "host:", "host:http", "host:70000", "http://a:80",
        "a:80\"]\n- evil: [\"", "a b:80", "host:-1", "host:999999999999", "\xff:80"}) {
    EXPECT_EQ(CodeOf([&] { MonitoringFiles(ProjectOf(), {.targets = {address}}); }),
              Code::kBadValue)
        << address;
  }
}

TEST(Monitoring, TheWebhookIsQuotedAndOptional) {
  EXPECT_THAT(TextOf("alertmanager.yml"), Not(HasSubstr("webhook_configs")));
  const std::string text =
      TextOf("alertmanager.yml",
             R"({notify: {webhook: 'http://hook/"x', token_file: "/run/a\nb", group_wait: 7s}})");
  EXPECT_THAT(text, HasSubstr(R"(- url: "http://hook/\"x")"));
  EXPECT_THAT(text, HasSubstr(R"(credentials_file: "/run/a\nb")"));
  EXPECT_THAT(text, HasSubstr("group_wait: 7s\n"));
}

TEST(Monitoring, KeysThatCannotWorkAreRefused) {
  for (const char* alerts : {"{notify: {webhook: ftp://a}}", "{notify: {webhook: 'http://a b'}}",
                             "{notify: {token_file: /a}}", "{job: 'a\"} or up{'}",
                             "{scrape: 30s, window: 1m}", "{availability: 1}", "{latency: 0s}"}) {
    EXPECT_EQ(CodeOf([&] { ProjectOf(alerts); }), Code::kBadValue) << alerts;
  }
}

TEST(Dashboards, EveryPanelHasItsPlaceAndNumber) {
  for (const char* file : {"dashboards/service.json", "dashboards/availability.json"}) {
    const Json dashboard = Json::parse(TextOf(file));
    EXPECT_LE(dashboard["uid"].get<std::string>().size(), 40u);
    std::set<int> ids;
    std::set<std::pair<int, int>> places;
    for (const Json& panel : dashboard["panels"]) {
      EXPECT_TRUE(ids.insert(panel["id"].get<int>()).second);
      const Json& at = panel["gridPos"];
      EXPECT_TRUE(places.insert({at["x"].get<int>(), at["y"].get<int>()}).second) << panel["title"];
      EXPECT_LE(at["x"].get<int>() + at["w"].get<int>(), 24);
    }
    EXPECT_GT(ids.size(), 6u);
  }
}

TEST(Template, NamesAreFilledAndOtherAtsStay) {
  EXPECT_EQ(Fill("@a@-@b_c@ x@y.z @ @@", {{"a", "1"}, {"b_c", "@a@"}}), "1-@a@ x@y.z @ @@");
  EXPECT_THROW(Fill("@missing@", {}), Error);
}

}  // namespace
}  // namespace keelrow::deploy
