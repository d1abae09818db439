// A model inside a program of your own: embed BUNDLE PICTURE
#include <cstdio>

#include "base/files.h"
#include "engine/predictor.h"

int main(int argc, char** argv) try {
  if (argc != 3) return std::fputs("usage: embed BUNDLE PICTURE\n", stderr), 2;
  const auto predictor = keelrow::engine::Predictor::Load(argv[1]);
  std::puts(predictor.Answer(keelrow::ReadFile(argv[2])).dump().c_str());
} catch (const keelrow::Error& error) {
  std::fputs(error.Render().c_str(), stderr);
  return 1;
}
