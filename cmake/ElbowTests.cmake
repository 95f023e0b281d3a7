# SPDX-License-Identifier: BSD-3-Clause
# Finds tests by their place: tests/unit/<room>/test_*.c (Check, one process), tests/mpi/test_*.c (the same binary on several
# numbers of ranks), tests/system/*.sh (the programs; $1 is the build directory; a test is skipped by status 77 and a line "skip:
# reason").
include_guard()

# A test that starts ranks counts as one test for `ctest --parallel`: it waits more than it computes, and must pass on a busy
# machine. The MPI tests hold the lock `mpi`, because Open MPI 4 has one folder for all processes of a user on a host, and the
# first one to end removes it; each script has another folder (tests/system/lib.sh). The longest tests begin first, so that no
# long test runs alone at the end.
set(elbow_mpi_cost 200) # of a chain of tests, because they hold a lock
# Tests that let each call of a long list fail on each rank alone: one and three ranks cover two and four.
set(elbow_mpi_few test_bench test_session test_storage test_trainer_disk test_trainer_hdf5 test_trainer_memory test_watch)
# Tests of `tools/check --long` alone (label `long`): the usual check runs the same on one rank, or in a shorter form.
set(elbow_long_tests mpi_test_trainer_memory_3 mpi_test_trainer_hdf5_3 mpi_test_trainer_disk_3 mpi_test_bench_3 mpi_test_exchange_2
  campaign_damage)
set(elbow_system_cost 20)
set(elbow_system_costs campaign 100 threads 60 disk 60 exact 60 exact-layers 30 resume 50 run-directory 50) # which take longer than others
# All ranks are on this host and need no search for networks, which takes Open MPI longer than most tests. (A list of `btl` would
# replace the system's own list and enable components that it excludes; each start would then take a second more.)
set(elbow_test_environment OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_pml=ob1)
execute_process(COMMAND id -u OUTPUT_VARIABLE elbow_user OUTPUT_STRIP_TRAILING_WHITESPACE)
if(elbow_user STREQUAL "0")
  list(APPEND elbow_test_environment OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1)
endif()
if(ELBOW_SANITIZE)
  # The leak checker of GCC 12 crashes if it follows the thread-local memory of libraries that MPI has closed.
  list(APPEND elbow_test_environment
    LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/lsan.supp:print_suppressions=0:intercept_tls_get_addr=0
    UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/tsan.supp)
endif()

# elbow_unit_environment is that of tests in one process, which start no MPI. Leaks of MPI are recognised by its library in the
# stack; only the slow unwinder gets through libraries, and it takes six times as long as the tests.
set(elbow_unit_environment ${elbow_test_environment})
if(ELBOW_SANITIZE)
  list(APPEND elbow_test_environment ASAN_OPTIONS=fast_unwind_on_malloc=0)
endif()

# There may be more ranks than cores: Open MPI needs an option for this, which MPICH's launcher does not know.
set(elbow_launcher ${MPIEXEC_EXECUTABLE})
if(ELBOW_MPI_KIND STREQUAL "openmpi")
  list(APPEND elbow_launcher --oversubscribe --bind-to none)
endif()

# elbow_check_launcher(): a launcher of another MPI would start ranks that do not find each other.
function(elbow_check_launcher)
  execute_process(COMMAND ${MPIEXEC_EXECUTABLE} --version OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if((ELBOW_MPI_KIND STREQUAL "openmpi" AND said MATCHES "HYDRA") OR (ELBOW_MPI_KIND STREQUAL "mpich" AND said MATCHES "Open MPI|OpenRTE|PRRTE"))
    message(WARNING "${MPIEXEC_EXECUTABLE}, which is to start the MPI tests, is not the launcher of this MPI (${ELBOW_MPI_KIND}): name that with -DMPIEXEC_EXECUTABLE=...")
  endif()
endfunction()

# Time limits of a test in seconds, and a factor for those of each command of a system test. They end tests that hang, not tests
# that are slow on a busy machine.
set(elbow_unit_timeout 600)
set(elbow_system_timeout 900)
if(ELBOW_SANITIZE OR ELBOW_COVERAGE)
  set(elbow_unit_timeout 2400)
  set(elbow_system_timeout 3600)
  list(APPEND elbow_test_environment ELBOW_TEST_PATIENCE=10)
  list(APPEND elbow_unit_environment ELBOW_TEST_PATIENCE=10)
endif()

# elbow_test_support: tests/support/*.c, the fixtures. It is an archive, and a program links only the objects that it uses: a test
# of a low room must link without the rooms above, which other fixtures need. So it links nothing itself, and comes before the
# libraries of the test.
function(elbow_test_support)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/support/*.c)
  list(FILTER sources EXCLUDE REGEX "/test-[^/]*$") # programs
  add_library(elbow_test_support STATIC ${sources})
  target_include_directories(elbow_test_support PUBLIC ${PROJECT_SOURCE_DIR}/tests/support)
  elbow_test_options(elbow_test_support)
  target_link_libraries(elbow_test_support PRIVATE elbow_flags)
  foreach(library CHECK HDF5)
    foreach(property INCLUDE_DIRECTORIES COMPILE_DEFINITIONS COMPILE_OPTIONS)
      set_property(TARGET elbow_test_support APPEND PROPERTY ${property}
        $<TARGET_PROPERTY:Elbow::${library},INTERFACE_${property}>)
    endforeach()
  endforeach()
endfunction()

# As Ubuntu compiles everything: a call of the C library that could write beyond an array ends the test.
function(elbow_test_options target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-U_FORTIFY_SOURCE> $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
endfunction()

function(elbow_test_program target source)
  if(NOT TARGET elbow_test_support)
    elbow_test_support()
  endif()
  add_executable(${target} ${source})
  target_compile_definitions(${target} PRIVATE ELBOW_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  elbow_test_options(${target})
  target_link_libraries(${target} PRIVATE elbow_test_support ${ARGN} Elbow::CHECK)
endfunction()

# elbow_unit_tests(ROOM libraries...)
function(elbow_unit_tests room)
  file(GLOB tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/unit/${room}/test_*.c)
  if(NOT TARGET Elbow::CHECK)
    return()
  endif()
  foreach(test ${tests})
    get_filename_component(stem ${test} NAME_WE)
    set(target unit_${room}_${stem})
    elbow_test_program(${target} ${test} ${ARGN})
    add_test(NAME ${target} COMMAND ${target})
    set_tests_properties(${target} PROPERTIES TIMEOUT ${elbow_unit_timeout} LABELS unit ENVIRONMENT "${elbow_unit_environment}")
  endforeach()
endfunction()

# tests/conformance/test_<table>.c walks a table of kinds and tests every row.
function(elbow_conformance_tests)
  file(GLOB tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/conformance/test_*.c)
  if(NOT TARGET Elbow::CHECK)
    return()
  endif()
  foreach(test ${tests})
    get_filename_component(stem ${test} NAME_WE)
    string(REPLACE "test_" "conformance_" target ${stem})
    elbow_test_program(${target} ${test} elbow_rooms)
    add_test(NAME ${target} COMMAND ${target})
    set_tests_properties(${target} PROPERTIES TIMEOUT ${elbow_unit_timeout} LABELS "unit;conformance" ENVIRONMENT "${elbow_unit_environment}")
  endforeach()
endfunction()

# elbow_labels(NAME LABEL...): adds `long` if the test is one of elbow_long_tests.
function(elbow_labels name)
  set(labels ${ARGN})
  if(name IN_LIST elbow_long_tests)
    list(APPEND labels long)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${labels}")
endfunction()

# A program for a processor that does not exist.
function(elbow_processor_test)
  add_executable(processor_stub ${PROJECT_SOURCE_DIR}/tests/support/processor_stub/main.c
    ${PROJECT_SOURCE_DIR}/src/cli/processor.c)
  target_include_directories(processor_stub PRIVATE ${PROJECT_SOURCE_DIR}/tests/support/processor_stub)
  target_link_libraries(processor_stub PRIVATE elbow_common)
  add_test(NAME processor_stub COMMAND processor_stub)
  set_tests_properties(processor_stub PROPERTIES LABELS unit TIMEOUT 20
    PASS_REGULAR_EXPRESSION "^processor-stub: this program was built for a processor with unobtainium")
endfunction()

# Every call of libhdf5 in the program's own code goes to tests/support/hdf5_faults.c: by the name in the code, and by the names
# that hdf5.h may replace it with (H5Literate: H5Literate1, H5Literate2). Unused names do no harm.
function(elbow_wrap_hdf5 target)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/data/hdf5/*.c)
  foreach(source ${sources})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source}) # its calls are searched again when it changes
    file(READ ${source} text)
    string(REGEX MATCHALL "H5(PL|[A-DFGJ-Z])[a-z_0-9]+\\(" calls "${text}")
    foreach(call ${calls})
      string(REPLACE "(" "" name "${call}")
      foreach(form "" 1 2 3)
        list(APPEND names "-Wl,--wrap=${name}${form}")
      endforeach()
    endforeach()
  endforeach()
  list(REMOVE_DUPLICATES names)
  target_link_options(${target} PRIVATE ${names})
endfunction()

function(elbow_mpi_tests)
  file(GLOB tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/mpi/test_*.c)
  if(NOT TARGET Elbow::CHECK OR NOT TARGET elbow_rooms)
    return()
  endif()
  elbow_check_launcher()
  foreach(test ${tests})
    get_filename_component(stem ${test} NAME_WE)
    set(target mpi_${stem})
    elbow_test_program(${target} ${test} elbow_rooms)
    if(stem STREQUAL "test_trainer_hdf5")
      elbow_wrap_hdf5(${target})
    endif()
    set(counts 1 2 3 4)
    if(stem IN_LIST elbow_mpi_few)
      set(counts 1 3)
    endif()
    foreach(ranks ${counts})
      add_test(NAME ${target}_${ranks} COMMAND ${elbow_launcher} ${MPIEXEC_NUMPROC_FLAG} ${ranks}
        $<TARGET_FILE:${target}>)
      set_tests_properties(${target}_${ranks} PROPERTIES TIMEOUT ${elbow_unit_timeout} RESOURCE_LOCK mpi
        COST ${elbow_mpi_cost} ENVIRONMENT "${elbow_test_environment}")
      elbow_labels(${target}_${ranks} mpi)
    endforeach()
  endforeach()
endfunction()

# Programs for the system tests, beside the ones under test: they link only HDF5 and libc.
function(elbow_system_test_programs)
  foreach(program data csr memory ppca)
    add_executable(elbow-test-${program} ${PROJECT_SOURCE_DIR}/tests/support/test-${program}.c)
    target_compile_options(elbow-test-${program} PRIVATE -O2 -Wall -Wextra -Wshadow) # fast in debug builds, too
    target_link_libraries(elbow-test-${program} PRIVATE Elbow::HDF5 m)
  endforeach()
  # Libraries to preload, for rare situations: file systems without locks, nodes with clocks of their own, files that cannot be
  # read, and builds for a profiler.
  foreach(library no-locks clock-apart profiler reads)
    add_library(elbow-test-${library} MODULE ${PROJECT_SOURCE_DIR}/tests/support/test-${library}.c)
    set_target_properties(elbow-test-${library} PROPERTIES PREFIX "")
  endforeach()
  # The program on a serial HDF5, if its own is parallel and both are installed.
  if(ELBOW_HDF5_PARALLEL AND PKG_CONFIG_FOUND AND TARGET elbow_cli)
    pkg_search_module(ELBOW_PC_HDF5_SERIAL QUIET IMPORTED_TARGET hdf5-serial)
  endif()
  if(ELBOW_PC_HDF5_SERIAL_FOUND)
    file(GLOB sources ${PROJECT_SOURCE_DIR}/src/data/hdf5/*.c)
    add_executable(elbow-test-serial ${PROJECT_SOURCE_DIR}/src/cli/main.c ${sources})
    target_include_directories(elbow-test-serial BEFORE PRIVATE ${ELBOW_PC_HDF5_SERIAL_INCLUDE_DIRS})
    target_link_libraries(elbow-test-serial PRIVATE PkgConfig::ELBOW_PC_HDF5_SERIAL elbow_cli)
  endif()
endfunction()

# The reader of traces: Jansson and libc alone. Without Jansson its test is skipped.
function(elbow_trace_reader)
  if(TARGET Elbow::JANSSON)
    add_executable(elbow-test-trace ${PROJECT_SOURCE_DIR}/tests/support/test-trace.c)
    target_compile_options(elbow-test-trace PRIVATE -O2 -Wall -Wextra -Wshadow)
    target_link_libraries(elbow-test-trace PRIVATE Elbow::JANSSON m)
  endif()
endfunction()

# elbow_script_test(NAME SCRIPT): scripts that start ranks use the options and variables of Open MPI's mpirun.
function(elbow_script_test name script)
  file(READ ${script} text)
  set(command bash ${script} ${PROJECT_BINARY_DIR})
  if(NOT ELBOW_MPI_KIND STREQUAL "openmpi" AND text MATCHES "mpirun|lib[a-z-]*\\.sh")
    set(command sh -c "echo 'skip: starts ranks as Open MPI does'; exit 77")
  endif()
  add_test(NAME ${name} COMMAND ${command})
  set(cost ${elbow_system_cost})
  string(REPLACE "system_" "" stem ${name})
  list(FIND elbow_system_costs ${stem} place)
  if(NOT place EQUAL -1)
    math(EXPR place "${place} + 1")
    list(GET elbow_system_costs ${place} cost)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${elbow_system_timeout} COST ${cost}
    SKIP_RETURN_CODE 77 ENVIRONMENT "${elbow_test_environment}")
  elbow_labels(${name} system)
endfunction()

# Campaigns: the program tests/campaign/<name>.c is elbow-test-<name>; the script tests/campaign/<name> drives it, and its
# short form is a test.
function(elbow_campaigns)
  file(GLOB campaigns CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/campaign/*.c)
  foreach(campaign ${campaigns})
    get_filename_component(name ${campaign} NAME_WE)
    add_executable(elbow-test-${name} ${campaign})
    target_link_libraries(elbow-test-${name} PRIVATE elbow_rooms)
    elbow_script_test(campaign_${name} ${PROJECT_SOURCE_DIR}/tests/campaign/${name})
  endforeach()
endfunction()

function(elbow_system_tests)
  elbow_system_test_programs()
  elbow_trace_reader()
  file(GLOB tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/system/*.sh)
  list(FILTER tests EXCLUDE REGEX "/lib[^/]*$")
  foreach(test ${tests})
    get_filename_component(stem ${test} NAME_WE)
    elbow_script_test(system_${stem} ${test})
  endforeach()
endfunction()
