#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"

namespace keelrow::bench {

namespace fs = std::filesystem;

/// Where things are on this machine, and what both sides may use of it.
struct Places {
  fs::path source;   // the repository
  fs::path bin;      // our programs
  fs::path python;   // the interpreter of the pinned venv
  fs::path scratch;  // a folder for this case alone, empty before the first run
  int threads = 1;
};

/// What one run of one side gave.
struct Sample {
  double value = 0;  // in the case's unit
  Json answer;       // what the run computed; the case's check looks at it
};

using Side = std::function<Sample(const Places& places)>;

/// Two ways to the same answer. Neither side may look at the other's times.
struct Case {
  std::string suite;
  std::string name;
  std::string peer;
  std::string unit;
  bool more_is_better;  // steps/s, not seconds
  std::string help;     // what is measured on either side, for the page: one paragraph of Markdown
  std::string limit;    // where ours spends its time, by perf: what a faster one would have to beat
  Side ours;
  Side theirs;
  /// What is wrong with a pair of answers; empty when both are right.
  std::function<std::string(const Json& ours, const Json& theirs)> fault;
  std::string data = {};  // the real data that it needs, as base/data_for_test.h finds it
};

/// One suite of the table; each is one file or more.
struct Suite {
  std::string_view name;
  std::vector<Case> (*cases)();
  bool several_peers = false;  // cases of one name then differ in their peer
  std::string_view findings;   // Markdown: what profiles showed, and what came of it
};

/// All suites. A new one is a file and a line in suites.cpp.
std::span<const Suite> Suites();

}  // namespace keelrow::bench
