#include "base/random.h"

namespace keelrow {
namespace {

uint64_t Mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

Random::Random(uint64_t seed, std::string_view purpose, std::initializer_list<uint64_t> counters)
    : state_(Mix(seed + 0x9e3779b97f4a7c15ULL)) {
  uint64_t name = 0xcbf29ce484222325ULL;
  for (const unsigned char c : purpose) name = (name ^ c) * 0x100000001b3ULL;
  state_ = Mix(state_ ^ Mix(name));
  for (const uint64_t counter : counters) {
    state_ = Mix(state_ + Mix(counter + 0x9e3779b97f4a7c15ULL));
  }
}

uint64_t Random::Next() {
  return Mix(state_ += 0x9e3779b97f4a7c15ULL);
}

double Random::Uniform() {
  return static_cast<double>(Next() >> 11) * 0x1.0p-53;
}

uint64_t Random::Below(uint64_t bound) {
  // Draws under 2^64 mod bound are refused: the rest is a whole number of rounds.
  const uint64_t threshold = (0 - bound) % bound;
  while (true) {
    const uint64_t draw = Next();
    if (draw >= threshold) return draw % bound;
  }
}

}  // namespace keelrow
