# LibTorch as torch::cpu, from a PyPI wheel's torch/ folder or from a LibTorch archive.
#
# Its own TorchConfig.cmake is not used: it looks for Python, CUDA, MKL and protobuf, and sets
# global flags. libtorch.so is an empty shell which in a CUDA build pulls in libtorch_cuda.so; it
# is linked although nothing names its symbols, so the same target serves both builds. libgomp is not linked: LibTorch carries its own beside libtorch_cpu.so and finds it
# by its run path; a second OpenMP in one process would double the threads.
find_path(LibTorch_INCLUDE_DIR torch/csrc/api/include/torch/torch.h)
find_library(LibTorch_torch_LIBRARY torch)
find_library(LibTorch_torch_cpu_LIBRARY torch_cpu)
find_library(LibTorch_c10_LIBRARY c10)
mark_as_advanced(LibTorch_INCLUDE_DIR LibTorch_torch_LIBRARY LibTorch_torch_cpu_LIBRARY
                 LibTorch_c10_LIBRARY)

set(version_header "${LibTorch_INCLUDE_DIR}/torch/headeronly/version.h")
if(EXISTS "${version_header}")
  set(LibTorch_VERSION "")
  foreach(part MAJOR MINOR PATCH)
    file(STRINGS "${version_header}" line REGEX "define TORCH_VERSION_${part} [0-9]+")
    string(REGEX REPLACE ".* ([0-9]+)$" "\\1" number "${line}")
    list(APPEND LibTorch_VERSION "${number}")
  endforeach()
  list(JOIN LibTorch_VERSION "." LibTorch_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  LibTorch
  REQUIRED_VARS LibTorch_torch_cpu_LIBRARY LibTorch_torch_LIBRARY LibTorch_c10_LIBRARY
                LibTorch_INCLUDE_DIR
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "run ./bootstrap, name your LibTorch in CMAKE_PREFIX_PATH, or build without the trainer: -DKEELROW_TRAINER=OFF")

function(keelrow_import_torch_library name)
  add_library(torch::${name} SHARED IMPORTED GLOBAL)
  set_target_properties(torch::${name} PROPERTIES IMPORTED_LOCATION "${LibTorch_${name}_LIBRARY}"
                                                  IMPORTED_SONAME lib${name}.so)
endfunction()

if(LibTorch_FOUND AND NOT TARGET torch::cpu)
  keelrow_import_torch_library(torch_cpu)
  keelrow_import_torch_library(c10)
  add_library(torch::cpu INTERFACE IMPORTED GLOBAL)
  target_link_libraries(torch::cpu INTERFACE torch::torch_cpu torch::c10
                        "-Wl,--push-state,--no-as-needed,${LibTorch_torch_LIBRARY},--pop-state")
  # -idirafter: LibTorch ships its own fmt, protobuf and pybind11 headers in the same folder;
  # searched last, they cannot hide the ones that the rest of Keelrow was compiled with.
  target_compile_options(
    torch::cpu INTERFACE "SHELL:-idirafter ${LibTorch_INCLUDE_DIR}"
                         "SHELL:-idirafter ${LibTorch_INCLUDE_DIR}/torch/csrc/api/include")
endif()
