#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "labels/agreement.h"
#include "labels/checks.h"
#include "labels/formats.h"

namespace keelrow::cli {
namespace {

constexpr double kLowAgreement = 0.7;  // F1 below which a task is worth another look
constexpr size_t kListedMax = 20;

struct LabelsArguments {
  std::string path;
  std::string format;
  std::vector<std::string> pairs;  // "Car,Person=0.6"
  std::string export_format;
  std::string to;
  std::string pictures;
  labels::CheckOptions checks;
};

/// All that is known of a set of labels.
struct LabelsReport {
  const labels::LabelSet& set;
  std::vector<labels::Finding> findings;
  labels::Agreement agreement;
  std::vector<std::string> again;  // tasks to look at again, the worst first
};

void AddPair(const std::string& text, labels::CheckOptions& options) {
  const size_t comma = text.find(',');
  const size_t equals = text.rfind('=');
  double limit = 0;
  if (comma != std::string::npos && equals != std::string::npos && comma < equals &&
      CLI::detail::lexical_cast(text.substr(equals + 1), limit) && limit >= 0 && limit <= 1) {
    options.overlap_for[labels::PairOf(text.substr(0, comma),
                                       text.substr(comma + 1, equals - comma - 1))] = limit;
    return;
  }
  throw Error(Code::kUsage, fmt::format("--pair {} is not LABEL,LABEL=IOU", text),
              {.hint = "for example --pair Car,Person=0.6"});
}

/// By the number of findings, then by the least agreement.
std::vector<std::string> TasksToLookAtAgain(const labels::LabelSet& set,
                                            const std::vector<labels::Finding>& findings,
                                            const labels::Agreement& agreement) {
  std::map<std::string, double> badness;
  for (const labels::Finding& finding : findings) badness[finding.task] += 1;
  for (const auto& [task, f1] : agreement.f1_of_task) {
    if (f1 < kLowAgreement) badness[task] += 1 - f1;
  }
  std::vector<std::string> tasks;
  for (const labels::Task& task : set.tasks) {
    if (badness.contains(task.id)) tasks.push_back(task.id);
  }
  std::ranges::stable_sort(tasks, std::greater<>{}, [&](const auto& id) { return badness.at(id); });
  tasks.erase(std::unique(tasks.begin(), tasks.end()), tasks.end());
  return tasks;
}

Json ToJson(const labels::RegionScore& score) {
  return {{"compared", score.tasks}, {"f1", score.F1()}, {"mean_iou", score.MeanIou()}};
}

Json OrNull(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

Json ToJson(const LabelsReport& report) {
  Json findings = Json::array();
  for (const labels::Finding& finding : report.findings) {
    findings.push_back({{"check", finding.check},
                        {"task", finding.task},
                        {"annotation", finding.annotation},
                        {"annotator", finding.annotator},
                        {"regions", finding.regions},
                        {"text", finding.text}});
  }
  Json annotators = Json::object();
  for (const auto& [annotator, score] : report.agreement.by_annotator) {
    annotators[annotator] = ToJson(score);
  }
  const labels::ClassScore& classes = report.agreement.classes;
  Json cohen = Json::array();
  for (const auto& [pair, kappa] : classes.cohen) {
    cohen.push_back({{"annotators", {pair.first, pair.second}}, {"kappa", kappa}});
  }
  return {{"tasks", report.set.tasks.size()},
          {"skipped", report.set.skipped},
          {"findings", std::move(findings)},
          {"agreement",
           {{"regions", ToJson(report.agreement.regions)},
            {"by_annotator", std::move(annotators)},
            {"classes",
             {{"fleiss", OrNull(classes.fleiss)},
              {"krippendorff", OrNull(classes.krippendorff)},
              {"cohen", std::move(cohen)}}}}},
          {"look_again", report.again}};
}

void PrintFindings(const std::vector<labels::Finding>& findings) {
  std::vector<std::vector<std::string>> rows = {{"CHECK", "COUNT", ""}};
  for (const labels::CheckName& check : labels::CheckNames()) {
    const auto of_check = [&](const auto& finding) { return finding.check == check.name; };
    const auto first = std::ranges::find_if(findings, of_check);
    rows.push_back({check.name, std::to_string(std::ranges::count_if(findings, of_check)),
                    first == findings.end()
                        ? check.help
                        : fmt::format("first: task {}: {}", first->task, first->text)});
  }
  fmt::print("{}", RenderTable(rows));
}

void PrintAgreement(const labels::Agreement& agreement) {
  if (agreement.regions.tasks > 0) {
    std::vector<std::vector<std::string>> rows = {{"ANNOTATOR", "COMPARED", "F1", "MEAN IOU"}};
    const auto add = [&](const std::string& name, const labels::RegionScore& score) {
      rows.push_back({name, std::to_string(score.tasks), fmt::format("{:.3f}", score.F1()),
                      fmt::format("{:.3f}", score.MeanIou())});
    };
    for (const auto& [annotator, score] : agreement.by_annotator) add(annotator, score);
    add("all", agreement.regions);
    fmt::print("\n{}", RenderTable(rows));
  }
  const labels::ClassScore& classes = agreement.classes;
  if (!classes.krippendorff && !classes.fleiss) return;
  fmt::print("\nClasses: Krippendorff's alpha {:.3f}, Fleiss' kappa {:.3f}\n",
             classes.krippendorff.value_or(1), classes.fleiss.value_or(1));
  for (const auto& [pair, kappa] : classes.cohen) {
    fmt::print("  {} and {}: Cohen's kappa {:.3f}\n", pair.first, pair.second, kappa);
  }
}

void Print(const LabelsReport& report) {
  size_t annotations = 0;
  size_t regions = 0;
  for (const labels::Task& task : report.set.tasks) {
    annotations += task.annotations.size();
    for (const labels::Annotation& annotation : task.annotations)
      regions += annotation.regions.size();
  }
  fmt::print("tasks {}, annotations {}, regions {}, labels {}", report.set.tasks.size(),
             annotations, regions, labels::LabelsOf(report.set).size());
  if (report.set.skipped > 0) fmt::print(", results of other kinds {}", report.set.skipped);
  fmt::print("\n");
  PrintFindings(report.findings);
  PrintAgreement(report.agreement);
  if (report.again.empty()) return;
  fmt::print("\nTo look at again: {}\n", ListSome(report.again, kListedMax));
}

void PrintExport(const Globals& globals, const labels::LabelSet& set, const std::string& to) {
  size_t written = 0;
  size_t unlabelled = 0;
  for (const labels::Task& task : set.tasks) {
    const size_t count = labels::RegionsToWrite(task).size();
    written += count;
    if (!task.annotations.empty()) unlabelled += task.annotations[0].regions.size() - count;
  }
  if (unlabelled > 0) fmt::print(stderr, "left out, without a label: {}\n", unlabelled);
  if (globals.json()) {
    fmt::print("{}\n", Json{{"to", to}, {"tasks", set.tasks.size()}, {"regions", written}}.dump(1));
  } else if (!globals.quiet) {
    fmt::print("{}: {} tasks, {} regions, of the ground truth or the first annotator\n", to,
               set.tasks.size(), written);
  }
}

/// Writes the set in another format.
void Export(const Globals& globals, const labels::LabelSet& set, const LabelsArguments& arguments) {
  const labels::Format& format = labels::FindFormat(arguments.export_format);
  if (format.write == nullptr) {
    throw Error(Code::kUnsupported, fmt::format("{} is only read", format.name));
  }
  if (arguments.to.empty()) throw Error(Code::kUsage, "--export needs --to PATH");
  format.write(set, arguments.to);
  PrintExport(globals, set, arguments.to);
}

void RunLabels(const Globals& globals, LabelsArguments& arguments, Outcome& outcome) {
  for (const std::string& pair : arguments.pairs) AddPair(pair, arguments.checks);
  if (!arguments.pictures.empty()) arguments.checks.pictures = arguments.pictures;
  const labels::Format& format = arguments.format.empty() ? labels::DetectFormat(arguments.path)
                                                          : labels::FindFormat(arguments.format);
  const labels::LabelSet set = format.read(arguments.path);
  if (!arguments.export_format.empty()) return Export(globals, set, arguments);
  LabelsReport report{.set = set,
                      .findings = labels::CheckLabels(set, arguments.checks),
                      .agreement = labels::MeasureAgreement(set)};
  report.again = TasksToLookAtAgain(set, report.findings, report.agreement);
  if (globals.json()) {
    fmt::print("{}\n", ToJson(report).dump(1, ' ', false, Json::error_handler_t::replace));
  } else {
    Print(report);
  }
  if (!report.findings.empty()) outcome.exit_code = Info(Code::kQuality).exit_code;
}

}  // namespace

void DefineLabels(CLI::App& command, Globals& globals, Outcome& outcome) {
  auto arguments = std::make_shared<LabelsArguments>();
  std::vector<std::string> formats;
  std::vector<std::string> written;
  for (const labels::Format& format : labels::Formats()) {
    formats.emplace_back(format.name);
    if (format.write != nullptr) written.emplace_back(format.name);
  }
  command.fallthrough();
  command.add_option("PATH", arguments->path, "An export or a folder of labels")->required();
  command.add_option("--format", arguments->format,
                     fmt::format("{}; told by the content unless given", JoinText(formats, ", ")));
  command
      .add_option("--overlap", arguments->checks.overlap_max,
                  "Regions of one annotation may overlap up to this IoU")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--pair", arguments->pairs, "Another limit for two labels: Car,Person=0.6");
  command.add_option("--pictures", arguments->pictures, "A folder that must hold every picture");
  command.add_option("--export", arguments->export_format,
                     fmt::format("Write as {} instead of checking", JoinText(written, ", ")));
  command.add_option("--to", arguments->to, "Where --export writes");
  command.callback([&globals, &outcome, arguments] { RunLabels(globals, *arguments, outcome); });
}

}  // namespace keelrow::cli
