#include <span>

#include "case.h"

namespace keelrow::bench {

// A new suite is its own file, its declaration and its row; a large one has several.
std::vector<Case> ImageCases();
std::vector<Case> PictureCases();
std::vector<Case> LabelCases();
std::vector<Case> ServingCases();

namespace {

std::vector<Case> Images() {
  std::vector<Case> cases = ImageCases();
  for (auto* more : {&PictureCases, &LabelCases}) {
    for (Case& one : more()) cases.push_back(std::move(one));
  }
  return cases;
}

constexpr std::string_view kServingFindings = R"(
**Asked for and not reached:** 20 times TorchServe at mlp_c32, and 30 times at mlp_c1_p50; why not stands under these cases. nginx answers
some 125,000 requests a second when both of its workers have connections, and up to 167,000 when one of them has all: then mlp_c32 is half
of it.

What the flame graphs (perf) and callgrind said, and what came of it. Processor time is that of the program with its share of the
kernel; the first part was measured beside other programs, before and after by turns, the second on a quiet machine.

| where the time went | before | after |
| --- | ---: | ---: |
| a request of mlp_c32: processor time | 30 µs | 18 µs |
| its instructions | 134,000 | 73,000 |
| of them reading the JSON into a tensor (one character at a time into a tree; now simdjson, and no tree) | 41,000 | 8,800 |
| of them the inference around 2,000 of arithmetic (giving the engine another tensor; now a copy of 64 bytes) | 22,700 | 9,700 |
| of them the line of the log, the head and the body of the answer | 26,500 | 10,000 |
| calls into the kernel for each inference, to ask where its threads may run (libtbbbind, now left out) | 2 | 0 |
| a start with the compiled network in the cache: processor time until the first answer | 202 ms | 108 ms |
| a request with 150,528 numbers in JSON (1.7 MB): processor time | 46 ms | 6 ms |
| mlp_c32: answers a second, of which: | 58,000 | 90,000 |
| lines of the log written one by one under a lock (10 % of the time; now together, by a thread of their own) | | + 8 % |
| an inference a request, with a lock of the engine that both IO threads want (22 %; now one for all that a turn has brought) | | + 20 % |
| IO threads asleep while the next request is under way (now they look again for 100 µs, where that mostly pays) | | + 8 % |
| glibc's allocator (13 %; now mimalloc) | | + 8 % |
| mlp_c1_p50: being woken, which takes 40 µs here | 97 µs | 56 µs |
| jpeg_c8: two runs at once had one stream of the engine, and waited for each other; now a stream each | 145/s | 235/s |
)";

constexpr Suite kSuites[] = {
    {"images", &Images},
    {"serving", &ServingCases, true, kServingFindings},
};

}  // namespace

std::span<const Suite> Suites() {
  return kSuites;
}

}  // namespace keelrow::bench
