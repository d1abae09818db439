#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/session.h"

namespace keelrow::engine {

/// A network that is a part of a chain.
struct ChainPart {
  std::string name;                                // of its model, for messages and for `inputs`
  std::shared_ptr<const Session> network;          // never null
  std::map<std::string, std::string> inputs = {};  // its input -> what feeds it, if not by name
};

/// Networks one after another as one: the inputs are the first's, the outputs the last's. A later
/// part's input takes what has its name: an output of the parts before it, the nearest first, or an
/// input of the chain; otherwise, where the part has one input and the part before it one output,
/// that. `inputs` names another one, as "output" or "part.output". What does not fit in type or
/// shape is found here: throws kBadValue.
Session ComposeChain(const std::string& name, std::vector<ChainPart> parts);

}  // namespace keelrow::engine
