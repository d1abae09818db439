# Compiler, warnings, sanitizers, ccache.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# -O2 keeps the build short; the hot kernels (resize, warp) raise their own level.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

# A faster linker where the machine has one.
include(CheckLinkerFlag)
foreach(linker mold lld)
  check_linker_flag(CXX -fuse-ld=${linker} KEELROW_LINKS_WITH_${linker})
  if(KEELROW_LINKS_WITH_${linker})
    add_link_options(-fuse-ld=${linker})
    break()
  endif()
endforeach()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

add_library(keelrow_warnings INTERFACE)
target_compile_options(keelrow_warnings INTERFACE -Wall -Wextra -Wno-unused-parameter
                       -Wno-missing-field-initializers
                       # False alarms of g++ 12 in std::string and std::variant.
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-maybe-uninitialized>)
if(KEELROW_SANITIZE)
  add_compile_options(-fsanitize=${KEELROW_SANITIZE} -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${KEELROW_SANITIZE})
  if(KEELROW_SANITIZE MATCHES "address")
    add_compile_options(-fsanitize=undefined -fno-sanitize-recover=undefined)
    add_link_options(-fsanitize=undefined)
  endif()
endif()
if(KEELROW_FUZZ)
  # "function" marks functions in a way that clang 14 to 16 cannot emit for coroutines (http/).
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined
                      -fno-sanitize=function -fno-sanitize-recover=undefined -g1)
  add_link_options(-fsanitize=address,undefined)
endif()
