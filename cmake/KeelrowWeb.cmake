# keelrow_web_page(TARGET NAME)
#
# Builds web/NAME.{html,css,ts} into one page and adds it to TARGET (keelrow_FOLDER) as
# FOLDER/web_page.h: NamePage() and NamePageSecurityPolicy(), in namespace keelrow::FOLDER. One
# page a target. The types are checked on the way: an error in TypeScript stops the build.
set(KEELROW_WEB_TOOLS "${KEELROW_DEPS}/web/node_modules/.bin" CACHE PATH
    "Folder with tsc and esbuild")
find_program(KEELROW_NODE node)
mark_as_advanced(KEELROW_NODE)

function(keelrow_web_page target name)
  if(NOT KEELROW_NODE OR NOT EXISTS "${KEELROW_WEB_TOOLS}/esbuild")
    message(FATAL_ERROR "web pages need node, and tsc and esbuild in ${KEELROW_WEB_TOOLS}: "
                        "run ./bootstrap, or set KEELROW_NODE and KEELROW_WEB_TOOLS")
  endif()
  string(REGEX REPLACE "^keelrow_" "" folder "${target}")
  string(SUBSTRING "${name}" 0 1 initial)
  string(TOUPPER "${initial}" initial)
  string(SUBSTRING "${name}" 1 -1 rest)

  set(web "${CMAKE_SOURCE_DIR}/web")
  set(work "${CMAKE_BINARY_DIR}/web")
  set(generated "${CMAKE_BINARY_DIR}/generated")
  file(GLOB sources CONFIGURE_DEPENDS "${web}/*.ts")
  add_custom_command(
    OUTPUT "${generated}/${folder}/web_page.cpp" "${generated}/${folder}/web_page.h"
           "${work}/${name}.html"
    COMMAND "${KEELROW_WEB_TOOLS}/tsc" --project "${web}/tsconfig.json"
    COMMAND "${KEELROW_WEB_TOOLS}/esbuild" "${web}/${name}.ts" --bundle --minify --format=iife
            --target=es2022 --charset=utf8 --log-level=warning "--outfile=${work}/${name}.js"
    COMMAND "${KEELROW_WEB_TOOLS}/esbuild" "${web}/${name}.css" --minify --charset=utf8
            --log-level=warning "--outfile=${work}/${name}.css"
    COMMAND "${KEELROW_NODE}" "${web}/embed.mjs" "${web}/${name}.html" "${work}/${name}.css"
            "${work}/${name}.js" "keelrow::${folder}" "${initial}${rest}" "${generated}/${folder}"
            "${work}/${name}.html"
    DEPENDS ${sources} "${web}/${name}.html" "${web}/${name}.css" "${web}/embed.mjs"
            "${web}/tsconfig.json"
    COMMENT "Building web page ${name}"
    VERBATIM)
  target_sources(${target} PRIVATE "${generated}/${folder}/web_page.cpp"
                                   "${generated}/${folder}/web_page.h")
  target_include_directories(${target} PUBLIC "${generated}")
endfunction()
