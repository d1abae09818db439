# A relocatable tree: bin/ finds lib/keelrow/ beside it, so it can be moved, packed and copied, and
# needs neither the build folder nor .deps/ nor Debian packages beyond the C and C++ runtime.
#
#   bin/keelrow            lib/keelrow/    every shared library the programs reach, and those that
#   bin/keelrow-trainer                    are loaded by name: OpenVINO's CPU plugin and readers, DuckDB
#                          share/keelrow/  licences, documents, examples
set(programs "")
foreach(program keelrow keelrow-trainer)
  if(TARGET ${program})
    list(APPEND programs ${program})
  endif()
endforeach()
if(NOT programs)
  return()
endif()

set_target_properties(${programs} PROPERTIES INSTALL_RPATH "$ORIGIN/../lib/keelrow")
foreach(program IN LISTS programs)
  # DT_RPATH instead of DT_RUNPATH: it also serves the libraries that our libraries need.
  target_link_options(${program} PRIVATE LINKER:--disable-new-dtags)
endforeach()
# What every Linux has. The C++ runtime stays with the system too: a second copy in one process,
# older than the one it was linked with, is worse than none.
set(of_system "ld-linux" "lib(c|m|dl|rt|pthread|resolv|gcc_s|stdc\\+\\+)\\.so")
install(TARGETS ${programs}
        RUNTIME_DEPENDENCIES PRE_EXCLUDE_REGEXES ${of_system}
        RUNTIME DESTINATION bin
        LIBRARY DESTINATION lib/keelrow)

if(TARGET openvino::runtime)
  get_target_property(openvino_library openvino::runtime IMPORTED_LOCATION_RELEASE)
  get_filename_component(openvino_folder "${openvino_library}" DIRECTORY)
  file(GLOB loaded_by_name
       "${openvino_folder}/libopenvino_intel_cpu_plugin.so*"
       "${openvino_folder}/libopenvino_onnx_frontend.so*"
       "${openvino_folder}/libopenvino_ir_frontend.so*"
       "${openvino_folder}/libtbbmalloc.so*")
  install(FILES ${loaded_by_name} DESTINATION lib/keelrow)
endif()
if(DuckDB_LIBRARY)
  install(FILES "${DuckDB_LIBRARY}" DESTINATION lib/keelrow)
endif()

install(FILES LICENSE DESTINATION share/keelrow)
install(DIRECTORY docs examples DESTINATION share/keelrow OPTIONAL
        PATTERN ".keelrow" EXCLUDE
        PATTERN "data" EXCLUDE)
foreach(library libtorch openvino duckdb)
  install(DIRECTORY "${KEELROW_DEPS}/${library}/licenses" OPTIONAL
          DESTINATION share/keelrow/licenses/${library})
  install(FILES "${KEELROW_DEPS}/${library}/LICENSE" OPTIONAL
          DESTINATION share/keelrow/licenses/${library})
endforeach()
