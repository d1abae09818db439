#include <fmt/format.h>

#include "base/text.h"
#include "report/html.h"
#include "report/page.h"
#include "report/sections.h"

namespace keelrow::report {
namespace {

std::string ModelList(const ModelFacts& model) {
  return "<h3>Model</h3>" +
         FactList({{"network", model.network},
                   {"parameters", Count(model.parameters)},
                   {"bundle size", HumanBytes(static_cast<double>(model.bytes))},
                   {"export difference", fmt::format("{:.2e}", model.export_difference)}});
}

std::string IdentityList(const Lineage& lineage) {
  return "<h3>Identity</h3>" + FactList({{"data", lineage.data_hash},
                                         {"configuration", lineage.config_hash},
                                         {"bundle", lineage.bundle_sha256}});
}

std::string MachineList(const Lineage& lineage) {
  return "<h3>Circumstances</h3>" + FactList({{"Keelrow", lineage.program_version},
                                              {"seed", std::to_string(lineage.seed)},
                                              {"threads", std::to_string(lineage.threads)},
                                              {"CPU", lineage.cpu}});
}

}  // namespace

std::string OriginSection(const ReportInput& input) {
  const std::string steps = FactList(input.lineage.step_keys);
  return ModelList(input.model) + IdentityList(input.lineage) +
         (steps.empty() ? "" : "<h3>Step keys</h3>" + steps) + MachineList(input.lineage);
}

std::string ReproduceSection(const ReportInput& input) {
  if (input.reproduce.empty()) return "";
  std::string commands;
  for (const std::string& command : input.reproduce) commands += Escape(command) + "\n";
  return "<pre><code>" + commands + "</code></pre>";
}

}  // namespace keelrow::report
