#include "train/history.h"

namespace keelrow::train {
namespace {

Json ToRow(const EpochRecord& record) {
  Json row = {{"epoch", record.epoch},
              {"step", record.step},
              {"lr", record.rate},
              {"train.loss", record.train_loss}};
  if (record.validation_loss) row["validation.loss"] = *record.validation_loss;
  if (record.validation_accuracy) row["validation.accuracy"] = *record.validation_accuracy;
  return row;
}

std::optional<double> Optional(const Json& row, const char* key) {
  return row.contains(key) ? std::optional(row.at(key).get<double>()) : std::nullopt;
}

}  // namespace

const EpochRecord* History::Best() const {
  const EpochRecord* best = nullptr;
  for (const EpochRecord& record : epochs_) {
    if (!record.validation_loss) continue;
    if (best == nullptr || *record.validation_loss < *best->validation_loss) best = &record;
  }
  return best;
}

std::vector<double> History::ValidationLosses() const {
  std::vector<double> losses;
  for (const EpochRecord& record : epochs_) {
    if (record.validation_loss) losses.push_back(*record.validation_loss);
  }
  return losses;
}

bool History::ShouldStop(int patience) const {
  const EpochRecord* best = Best();
  return patience > 0 && best != nullptr && epochs_.back().epoch - best->epoch >= patience;
}

Json History::ToJson() const {
  Json rows = Json::array();
  for (const EpochRecord& record : epochs_) rows.push_back(ToRow(record));
  return rows;
}

History History::FromJson(const Json& json) {
  History history;
  for (const Json& row : json) {
    history.Add({.epoch = row.at("epoch"),
                 .step = row.at("step"),
                 .rate = row.at("lr"),
                 .train_loss = row.at("train.loss"),
                 .validation_loss = Optional(row, "validation.loss"),
                 .validation_accuracy = Optional(row, "validation.accuracy")});
  }
  return history;
}

}  // namespace keelrow::train
