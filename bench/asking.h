#pragma once

#include <functional>
#include <memory>

#include "case.h"
#include "service.h"

namespace keelrow::bench {

/// What a server is asked: the load repeats the first, and while it lasts all are asked one by one,
/// so that an answer that a neighbour should have had is noticed.
struct Questions {
  std::vector<Ask> asks;
  std::vector<std::vector<double>> expected = {};  // of each; empty: the other side says it
};

using Start = std::function<std::unique_ptr<Service>(const Places&)>;
using QuestionsOf = std::function<Questions(const Places&)>;

/// How a load is read.
using Reading = double (*)(const Load&);
double PerSecond(const Load& load);
double MedianMicroseconds(const Load& load);

/// All numbers of an answer's result, in its order.
std::vector<double> NumbersOf(const std::string& body);

/// Asks each question once. kBadRequest where an answer has no numbers or other ones than expected:
/// how fast a server is that answers wrongly is of no interest.
void RequireRightAnswers(uint16_t port, const Questions& questions);

/// Starts a server, has it answer every question rightly, warms it up, asks it on that many
/// connections and stops it.
Side UnderLoad(Start start, QuestionsOf questions, int connections, Reading reading);

/// For Case::fault: a refusal, an answer that came late or twice, numbers that are not the expected
/// ones or differ between the sides.
std::string Fault(const Json& ours, const Json& theirs);
/// The same of one side.
std::string FaultAlone(const Json& side);

}  // namespace keelrow::bench
