#include "data/split.h"

#include <fmt/format.h>

#include "data/catalog.h"
#include "data/cleaning.h"
#include "steps/steps.h"

namespace keelrow::steps {

void Split(const job::StepJob& job) {
  const auto config = config::ReadJson<data::SplitConfig>(job.Config("data.split"), "data.split");
  data::Catalog catalog = data::ReadCatalog(job.Input("check", kExamplesFile));
  const auto alike =
      data::ReadNearDuplicates(job.Input("check", kNearDuplicatesFile), catalog.examples);
  const data::Split split = data::AssignSplit(catalog.examples, config, job.Config("seed"), alike);
  catalog.subsets = split.subsets;
  if (job.Config("data.cleaning.oversample")) catalog.repeats = data::OversamplingRepeats(catalog);
  data::WriteCatalog(job.output / kExamplesFile, catalog);
  WriteJsonFile(job.output / "split.json", data::ToJson(split, config));
  const auto counts = split.Counts();
  const int64_t betrayed = split.near_duplicates.examples;
  job::Emit({.text = fmt::format(
                 "{} train, {} validation, {} test{}", counts[0], counts[1], counts[2],
                 betrayed == 0 ? "" : fmt::format("; {} look like one in another", betrayed))});
}

}  // namespace keelrow::steps
