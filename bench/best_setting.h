#pragma once

#include <string>
#include <vector>

#include "asking.h"

namespace keelrow::bench {

/// One way to start a peer.
struct Setting {
  std::string name;  // "1 worker, batches of 32"
  Start start;
};

/// Starts the peer in the way that answers most: each is tried for a second when the first start is
/// asked for, after its answers were found right, and what each brought goes to standard error.
Start BestOf(std::string peer, std::vector<Setting> settings, QuestionsOf questions,
             int connections);

}  // namespace keelrow::bench
