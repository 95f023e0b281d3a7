# SPDX-License-Identifier: BSD-3-Clause
# Fuzz targets: tests/fuzz/fuzz_<target>.c with the kept inputs in tests/fuzz/seeds/<target>. With ELBOW_FUZZ (clang) they become
# fuzzers, fuzz_<target>, built by the target `fuzzers`; otherwise they are tests that run the kept inputs.
include_guard()

if(ELBOW_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "ELBOW_FUZZ needs clang, which has libFuzzer: -DCMAKE_C_COMPILER=clang")
  endif()
  set(ELBOW_SANITIZE fuzzer-no-link,address,undefined)
  # Clang needs many minutes to check its unrolled tiles; no fuzzer multiplies, and GCC's sanitizers check them.
  set_source_files_properties(src/math/dense_product.c PROPERTIES COMPILE_OPTIONS -fno-sanitize=all)
endif()

function(elbow_fuzz_target name source)
  add_executable(${name} EXCLUDE_FROM_ALL ${source} ${ARGN})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tools)
  target_link_libraries(${name} PRIVATE elbow_rooms)
  if(source MATCHES "fuzz_(idx|npy|npz|csv|png|jpeg|tiff)\\.c$")
    target_link_libraries(${name} PRIVATE elbow_tools_import)
  endif()
endfunction()

function(elbow_fuzz)
  file(GLOB targets CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
  if(ELBOW_FUZZ)
    add_custom_target(fuzzers)
  endif()
  foreach(source ${targets})
    get_filename_component(stem ${source} NAME_WE)
    string(REPLACE "fuzz_" "" name ${stem})
    if(ELBOW_FUZZ)
      elbow_fuzz_target(${stem} ${source})
      target_link_options(${stem} PRIVATE -fsanitize=fuzzer)
      add_dependencies(fuzzers ${stem})
    else()
      elbow_fuzz_target(replay_${name} ${source} ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.c)
      set_target_properties(replay_${name} PROPERTIES EXCLUDE_FROM_ALL FALSE)
      add_test(NAME unit_fuzz_${name} COMMAND replay_${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/seeds/${name})
      set_tests_properties(unit_fuzz_${name} PROPERTIES TIMEOUT ${elbow_unit_timeout} LABELS unit
        ENVIRONMENT "${elbow_unit_environment}")
    endif()
  endforeach()
endfunction()
