#include "data/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "base/files.h"
#include "base/json.h"

namespace keelrow::data {
namespace {

Json ToLine(const Example& example) {
  Json line = {{"id", example.id},
               {"label", example.label},
               {"hash", example.content_hash},
               {"size", example.size}};
  if (example.offset != 0) line["offset"] = example.offset;
  if (!example.columns.empty()) line["columns"] = example.columns;
  return line;
}

Example FromLine(const Json& line) {
  Example example{.id = line.at("id"),
                  .label = line.at("label"),
                  .content_hash = line.at("hash"),
                  .size = line.at("size"),
                  .offset = line.value("offset", uint64_t{0})};
  if (line.contains("columns")) {
    example.columns = line["columns"].get<std::map<std::string, std::string>>();
  }
  return example;
}

/// Ids are bytes from file systems: what is no UTF-8 is replaced.
std::string LineText(const Json& line) {
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Calls `read` with each line of a JSON Lines file; what does not fit is kCorrupt with its line.
void ForEachLine(const fs::path& path, std::string_view what,
                 const std::function<void(const Json& line)>& read) {
  const std::string text = ReadFile(path);
  size_t number = 0;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const std::string name = fmt::format("{} line {}", path.string(), ++number);
    const Json line = ParseJson(std::string_view(text).substr(start, end - start), name).Value();
    try {
      read(line);
    } catch (const std::exception& failure) {
      throw Error(Code::kCorrupt, fmt::format("{} is not {}: {}", name, what, failure.what()));
    }
    start = end + 1;
  }
}

}  // namespace

std::vector<Example> Catalog::In(Subset subset) const {
  std::vector<Example> chosen;
  for (size_t i = 0; i < subsets.size(); ++i) {
    if (subsets[i] == subset) chosen.push_back(examples[i]);
  }
  return chosen;
}

std::vector<Example> Catalog::ForTraining() const {
  if (repeats.empty()) return In(Subset::kTrain);
  std::vector<Example> chosen;
  for (size_t i = 0; i < subsets.size(); ++i) {
    if (subsets[i] != Subset::kTrain) continue;
    for (int copy = 0; copy < repeats[i]; ++copy) {
      chosen.push_back(examples[i]);
      chosen.back().copy = copy;
    }
  }
  return chosen;
}

std::vector<std::string> Catalog::Labels() const {
  std::vector<std::string> labels;
  for (const auto& [label, count] : ClassCounts(examples)) labels.push_back(label);
  return labels;
}

void WriteCatalog(const fs::path& path, const Catalog& catalog) {
  std::string text;
  for (size_t i = 0; i < catalog.examples.size(); ++i) {
    Json line = ToLine(catalog.examples[i]);
    if (!catalog.subsets.empty()) line["subset"] = Name(catalog.subsets[i]);
    if (!catalog.repeats.empty()) line["repeats"] = catalog.repeats[i];
    text += LineText(line);
  }
  WriteFileDurably(path, text);
}

Catalog ReadCatalog(const fs::path& path) {
  Catalog catalog;
  ForEachLine(path, "an example", [&](const Json& line) {
    catalog.examples.push_back(FromLine(line));
    if (line.contains("subset")) {
      catalog.subsets.push_back(SubsetOf(line["subset"].get<std::string>()));
    }
    if (line.contains("repeats")) catalog.repeats.push_back(line["repeats"]);
  });
  for (const size_t count : {catalog.subsets.size(), catalog.repeats.size()}) {
    if (count == 0 || count == catalog.examples.size()) continue;
    throw Error(Code::kCorrupt,
                fmt::format("{} has subsets or repeats for some lines only", path.string()));
  }
  return catalog;
}

void WriteNearDuplicates(const fs::path& path, std::span<const Example> examples,
                         const std::vector<NearDuplicate>& pairs) {
  std::string text;
  for (const NearDuplicate& pair : pairs) {
    const Json line = {{"first", examples[pair.first].id},
                       {"second", examples[pair.second].id},
                       {"bits", pair.bits},
                       {"correlation", pair.correlation}};
    text += LineText(line);
  }
  WriteFileDurably(path, text);
}

std::vector<NearDuplicate> ReadNearDuplicates(const fs::path& path,
                                              std::span<const Example> examples) {
  std::unordered_map<std::string, size_t> places;
  for (size_t i = 0; i < examples.size(); ++i) places[examples[i].id] = i;
  std::vector<NearDuplicate> pairs;
  ForEachLine(path, "a pair of examples", [&](const Json& line) {
    pairs.push_back({.first = places.at(line.at("first")),
                     .second = places.at(line.at("second")),
                     .bits = line.at("bits"),
                     .correlation = line.at("correlation")});
  });
  return pairs;
}

}  // namespace keelrow::data
