# SPDX-License-Identifier: BSD-3-Clause
# Run at every build (cmake -P): writes the header that src/base/build.c includes, but only if it changed, so that a commit
# compiles one file again.
execute_process(COMMAND git -C ${ELBOW_SOURCE_DIR} describe --always --dirty --tags
  OUTPUT_VARIABLE ELBOW_BUILD_ID OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(NOT EXISTS ${ELBOW_SOURCE_DIR}/.git)
  set(ELBOW_BUILD_ID release)
elseif(NOT failed EQUAL 0)
  set(ELBOW_BUILD_ID unknown)
endif()
configure_file(${ELBOW_SOURCE_DIR}/cmake/build.h.in ${ELBOW_OUTPUT} @ONLY)
