#pragma once

#include <map>
#include <string>
#include <vector>

/// Grafana dashboards as data: what they show is the table in panels.cpp, how Grafana wants it
/// written is dashboard.cpp.
namespace keelrow::deploy {

/// PromQL, with `@job@` and Grafana's own `$model` and `$__rate_interval`.
struct Query {
  std::string expr;
  std::string legend;  // of a series, with its labels: "{{model}}"
};

enum class Look {
  kLines,
  kHeatmap,  // of a histogram's buckets
  kNumber,   // the newest value, large
};

struct Panel {
  std::string title;
  std::string help;
  std::string unit;  // as Grafana names it: "s", "reqps", "percentunit", "bytes", "short"
  std::vector<Query> queries;
  Look look = Look::kLines;
};

struct Row {
  std::string title;
  std::vector<Panel> panels;
};

struct Dashboard {
  std::string file;
  std::string title;
  std::vector<Row> rows;
};

/// The table. To add a panel, add it there.
const std::vector<Dashboard>& Dashboards();

/// JSON that Grafana 10 and later import; `values` fill the `@name@` in it.
std::string Render(const Dashboard& dashboard, const std::map<std::string, std::string>& values);

}  // namespace keelrow::deploy
