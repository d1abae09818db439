// tiny-project DIR: writes a whole project, with its pictures, for the specs to spoil.
#include <cstdio>

#include "base/error.h"
#include "e2e/tiny_files.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: tiny-project DIR\n", stderr);
    return 2;
  }
  try {
    keelrow::tests::WriteTinyProject(argv[1]);
  } catch (const keelrow::Error& error) {
    std::fputs(error.Render().c_str(), stderr);
    return 1;
  }
}
