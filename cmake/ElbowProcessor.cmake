# SPDX-License-Identifier: BSD-3-Clause
# The processor features that the compiler may use with the flags of the build. They are written to
# <build>/generated/elbow/processor_features.h, which src/cli/processor.c compares with the processor. That file and every main
# are compiled for the baseline (ELBOW_BASELINE_OPTIONS), so that they can report a missing feature.
#
# The features are found by compiling, as the program is compiled: a wrapper such as Spack's adds its -march only there, not if a
# file is only preprocessed.
include_guard()

# Predefined macro, and its name for __builtin_cpu_supports.
set(elbow_feature_table
  __SSE3__ sse3 __SSSE3__ ssse3 __SSE4_1__ sse4.1 __SSE4_2__ sse4.2 __SSE4A__ sse4a __POPCNT__ popcnt __AVX__ avx
  __AVX2__ avx2 __FMA__ fma __FMA4__ fma4 __XOP__ xop __BMI__ bmi __BMI2__ bmi2 __LZCNT__ lzcnt __MOVBE__ movbe
  __F16C__ f16c __ADX__ adx __AVX512F__ avx512f __AVX512CD__ avx512cd __AVX512BW__ avx512bw __AVX512DQ__ avx512dq
  __AVX512VL__ avx512vl __AVX512IFMA__ avx512ifma __AVX512VBMI__ avx512vbmi __AVX512VBMI2__ avx512vbmi2
  __AVX512VNNI__ avx512vnni __AVX512BITALG__ avx512bitalg __AVX512VPOPCNTDQ__ avx512vpopcntdq
  __AVX512BF16__ avx512bf16 __AVX512FP16__ avx512fp16 __AVXVNNI__ avxvnni __GFNI__ gfni)

# elbow_processor_macros(DIRECTORY OUT option...): OUT holds those macros of the table that the compiler defines for a file.
function(elbow_processor_macros directory out)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  separate_arguments(flags UNIX_COMMAND "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${type}}")
  set(text "")
  while(elbow_feature_table)
    list(POP_FRONT elbow_feature_table macro name)
    string(APPEND text "#ifdef ${macro}\nconst char of${macro}[] = \"elbow-feature:${macro}:\";\n#endif\n")
  endwhile()
  file(WRITE ${directory}/probe.c "${text}")
  # Without link-time optimisation, which would compress the texts.
  execute_process(COMMAND ${CMAKE_C_COMPILER} ${flags} ${ARGN} -w -fno-lto -c ${directory}/probe.c -o ${directory}/probe.o
    RESULT_VARIABLE failed OUTPUT_QUIET ERROR_VARIABLE said)
  if(NOT failed EQUAL 0)
    message(FATAL_ERROR "The compiler could not be asked for the processor features it uses: ${said}")
  endif()
  file(STRINGS ${directory}/probe.o macros REGEX "elbow-feature:")
  file(REMOVE ${directory}/probe.c ${directory}/probe.o)
  set(${out} "${macros}" PARENT_SCOPE)
endfunction()

# elbow_processor_features(DIRECTORY option...): writes the header below the directory, for files compiled with the options.
function(elbow_processor_features directory)
  set(rows "")
  set(ELBOW_BASELINE_OPTIONS "" PARENT_SCOPE)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    set(ELBOW_BASELINE_OPTIONS -march=x86-64 -mtune=generic PARENT_SCOPE)
    elbow_processor_macros(${directory} macros ${ARGN})
    while(elbow_feature_table)
      list(POP_FRONT elbow_feature_table macro name)
      if(NOT macros MATCHES "elbow-feature:${macro}:")
        continue()
      endif()
      # An older compiler may use a feature that its __builtin_cpu_supports does not know: that one is not checked.
      file(WRITE ${directory}/probe.c "int probe(void);\nint probe(void) { return __builtin_cpu_supports(\"${name}\"); }\n")
      execute_process(COMMAND ${CMAKE_C_COMPILER} -c ${directory}/probe.c -o ${directory}/probe.o
        RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
      if(failed EQUAL 0)
        string(APPEND rows " \\\n    {\"${name}\", __builtin_cpu_supports(\"${name}\") != 0},")
      endif()
    endwhile()
    file(REMOVE ${directory}/probe.c ${directory}/probe.o)
  endif()
  # Written only if it changed, so that a new configure compiles nothing again.
  file(CONFIGURE OUTPUT ${directory}/elbow/processor_features.h @ONLY CONTENT
    "// Made by CMake: what the rest of the program was compiled for, each with the answer of the processor at hand.\n#define ELBOW_PROCESSOR_FEATURES${rows} \\\n    {NULL, true}\n")
endfunction()
