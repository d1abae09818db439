#include "deploy/dashboard.h"

#include "base/hash.h"
#include "base/json.h"
#include "deploy/template.h"

namespace keelrow::deploy {
namespace {

constexpr int kGridWidth = 24;  // Grafana's, in columns
constexpr int kPanelHeight = 8;
constexpr int kPanelsAbreast = 3;
constexpr int kSchemaVersion = 39;  // Grafana 10.4's; later ones raise it when they read it

const Json kSource = {{"type", "prometheus"}, {"uid", "${datasource}"}};

Json Targets(const Panel& panel, const std::map<std::string, std::string>& values) {
  Json targets = Json::array();
  for (const Query& query : panel.queries) {
    targets.push_back({{"refId", std::string(1, static_cast<char>('A' + targets.size()))},
                       {"datasource", kSource},
                       {"expr", Fill(query.expr, values)},
                       {"legendFormat", query.legend},
                       {"format", panel.look == Look::kHeatmap ? "heatmap" : "time_series"},
                       {"range", true}});
  }
  return targets;
}

const char* TypeOf(Look look) {
  switch (look) {
    case Look::kLines:
      return "timeseries";
    case Look::kHeatmap:
      return "heatmap";
    case Look::kNumber:
      return "stat";
  }
  return "";
}

Json OptionsOf(const Panel& panel) {
  switch (panel.look) {
    case Look::kLines:
      return {{"legend", {{"displayMode", "list"}, {"placement", "bottom"}, {"showLegend", true}}},
              {"tooltip", {{"mode", "multi"}, {"sort", "desc"}}}};
    case Look::kHeatmap:
      return {{"calculate", false}, {"yAxis", {{"unit", panel.unit}}}};
    case Look::kNumber:
      return {{"reduceOptions", {{"calcs", {"lastNotNull"}}, {"fields", ""}, {"values", false}}},
              {"colorMode", "none"}};
  }
  return {};
}

Json PanelJson(const Panel& panel, const std::map<std::string, std::string>& values) {
  return {{"type", TypeOf(panel.look)},
          {"title", panel.title},
          {"description", Fill(panel.help, values)},
          {"datasource", kSource},
          {"targets", Targets(panel, values)},
          {"fieldConfig", {{"defaults", {{"unit", panel.unit}}}, {"overrides", Json::array()}}},
          {"options", OptionsOf(panel)}};
}

/// Rows below each other, their panels side by side in lines of three.
Json Panels(const Dashboard& dashboard, const std::map<std::string, std::string>& values) {
  Json panels = Json::array();
  int y = 0;
  const auto add = [&panels](Json panel, const Json& place) {
    panel["id"] = panels.size() + 1;
    panel["gridPos"] = place;
    panels.push_back(std::move(panel));
  };
  for (const Row& row : dashboard.rows) {
    add({{"type", "row"},
         {"title", Fill(row.title, values)},
         {"collapsed", false},
         {"panels", Json::array()}},
        {{"x", 0}, {"y", y}, {"w", kGridWidth}, {"h", 1}});
    ++y;
    int column = 0;
    for (const Panel& panel : row.panels) {
      if (column == kPanelsAbreast) {
        column = 0;
        y += kPanelHeight;
      }
      constexpr int kWidth = kGridWidth / kPanelsAbreast;
      add(PanelJson(panel, values),
          {{"x", column * kWidth}, {"y", y}, {"w", kWidth}, {"h", kPanelHeight}});
      ++column;
    }
    y += kPanelHeight;
  }
  return panels;
}

Json Variables(const std::map<std::string, std::string>& values) {
  const Json query = Fill(R"(label_values(model_loaded{job="@job@"}, model))", values);
  return Json::array({{{"name", "datasource"},
                       {"type", "datasource"},
                       {"query", "prometheus"},
                       {"label", "Prometheus"}},
                      {{"name", "model"},
                       {"type", "query"},
                       {"label", "Model"},
                       {"datasource", kSource},
                       {"query", {{"query", query}, {"refId", "models"}}},
                       {"refresh", 2},  // whenever the time range changes
                       {"multi", true},
                       {"includeAll", true},
                       {"allValue", ".*"},
                       {"current", {{"text", "All"}, {"value", "$__all"}}}}});
}

}  // namespace

std::string Render(const Dashboard& dashboard, const std::map<std::string, std::string>& values) {
  const std::string job = values.at("job");
  // At most 40 plain characters, and the same again for the same job: an import replaces the last.
  const std::string uid = "keelrow-" + Sha256Hex(job + "/" + dashboard.file).substr(0, 16);
  const Json json = {{"uid", uid},
                     {"title", job + ": " + dashboard.title},
                     {"description", "Written by `keelrow deploy rules`."},
                     {"tags", {"keelrow", job}},
                     {"schemaVersion", kSchemaVersion},
                     {"editable", true},
                     {"refresh", "30s"},
                     {"time", {{"from", "now-1h"}, {"to", "now"}}},
                     {"timezone", "browser"},
                     {"templating", {{"list", Variables(values)}}},
                     {"annotations", {{"list", Json::array()}}},
                     {"panels", Panels(dashboard, values)}};
  return json.dump(2) + "\n";
}

}  // namespace keelrow::deploy
