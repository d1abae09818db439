#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/described.h"

/// `serve.models.settings.NAME.sequence`: sequences of many lengths, padded to a few.
namespace keelrow::project {

struct SequenceConfig {
  int axis = 1;
  std::vector<int> buckets;
  std::map<std::string, double> pad;  // by an input's name
};

void Describe(config::Object<SequenceConfig>& object);

}  // namespace keelrow::project
