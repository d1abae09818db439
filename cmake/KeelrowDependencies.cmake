# Third-party libraries: found lazily, by the one folder of src/ that stands behind each wall.
#
#   find_package(OpenVINO REQUIRED COMPONENTS Runtime)    openvino::runtime              engine/
#   find_package(DuckDB REQUIRED)                         duckdb::duckdb                 data/
#   find_package(JPEG|PNG|WebP REQUIRED)                  JPEG::JPEG PNG::PNG WebP::webp data/
#   find_package(LibTorch REQUIRED)                       torch::cpu                     train/
#   find_package(Boost 1.81 REQUIRED)                     Boost::headers                 http/ labels/
#   find_package(simdjson REQUIRED)                       simdjson::simdjson             labels/
#   find_package(pugixml REQUIRED)                        pugixml::pugixml               labels/
#   find_package(yaml-cpp REQUIRED)                       yaml-cpp                       config/
#   find_package(SQLite3 REQUIRED)                        SQLite::SQLite3                track/
#   find_package(prometheus-cpp REQUIRED COMPONENTS core) prometheus-cpp::core           serve/
#   find_package(Protozero REQUIRED)                      protozero::protozero           nets/ serve/
#   find_package(LibZip REQUIRED)                         libzip::zip                    nets/
#   find_package(ZLIB REQUIRED)                           ZLIB::ZLIB                     http/
#   find_package(Nghttp2 REQUIRED)                        Nghttp2::nghttp2               http/
#   find_package(Hiredis REQUIRED)                        Hiredis::hiredis               gateway/
#   find_package(CLI11 REQUIRED)                          CLI11::CLI11                   cli/
#
# ./bootstrap puts what Debian does not carry into KEELROW_DEPS. A user's own copies win: those on
# CMAKE_PREFIX_PATH, as a CMake variable or in the environment, are searched first.
set(KEELROW_DEPS "${CMAKE_SOURCE_DIR}/.deps" CACHE PATH "Where ./bootstrap installed libraries")
if(DEFINED ENV{CMAKE_PREFIX_PATH})
  string(REPLACE ":" ";" prefixes_of_user "$ENV{CMAKE_PREFIX_PATH}")
  list(APPEND CMAKE_PREFIX_PATH ${prefixes_of_user})
endif()
# PyTorch documents .../torch/share/cmake as its prefix; headers and libraries lie two folders up.
list(TRANSFORM CMAKE_PREFIX_PATH REPLACE "/share/cmake/?$" "")
list(APPEND CMAKE_PREFIX_PATH
     "${KEELROW_DEPS}/libtorch" "${KEELROW_DEPS}/openvino" "${KEELROW_DEPS}/duckdb")
# A library found by src/engine/ is linked, at last, by the program in src/cli/: its imported
# target must be visible there too.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL TRUE)

find_package(Threads REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(OpenSSL REQUIRED)
if(KEELROW_TESTS)
  find_package(GTest REQUIRED)
endif()
