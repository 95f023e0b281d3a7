# SPDX-License-Identifier: BSD-3-Clause
# Manual pages and bash completion, made by the build from the programs' --help (tools/pages) and installed to share/man/man1 and
# share/bash-completion/completions. -DELBOW_PAGES=OFF leaves them out, for machines that cannot run the programs that they build.
include_guard()
set(pages_default ON)
if(CMAKE_CROSSCOMPILING)
  set(pages_default OFF)
endif()
option(ELBOW_PAGES "Manual pages and bash completion, made by a program that the build runs" ${pages_default})

# The purpose of a tool, in a few words; a tool without a line here has no page.
set(elbow_summary_import "make an HDF5 dataset from IDX, NumPy, CSV or picture files")
set(elbow_summary_shapes "make a dataset of pictures with known factors")
set(elbow_summary_figures "draw the figures of the tutorial")
set(elbow_summary_scaling "measure, report and predict how training scales")

# elbow_pages(TOOL...): call it after the programs are defined.
function(elbow_pages)
  if(NOT ELBOW_PAGES OR NOT TARGET elbow_cli)
    return()
  endif()
  elbow_baseline(elbow-pages_main OBJECT ${PROJECT_SOURCE_DIR}/tools/pages/pages.c)
  add_executable(elbow-pages)
  target_link_libraries(elbow-pages PRIVATE elbow-pages_main elbow_cli)
  set(pages ${PROJECT_BINARY_DIR}/pages)
  set(completion ${PROJECT_SOURCE_DIR}/tools/pages/completion.bash)
  string(TIMESTAMP date "%Y-%m-%d" UTC) # SOURCE_DATE_EPOCH, if it is set
  set(commands COMMAND ${CMAKE_COMMAND} -E rm -rf ${pages}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${pages}/man1 ${pages}/completions
    COMMAND elbow-pages commands ${date} ${pages}/man1
    COMMAND sh -c "$<TARGET_FILE:elbow-pages> completion | cat - '${completion}' >'${pages}/completions/elbow'")
  set(tools "")
  foreach(tool ${ARGN})
    if(DEFINED elbow_summary_${tool})
      list(APPEND tools elbow-${tool})
      list(APPEND commands
        COMMAND sh -c "$<TARGET_FILE:elbow-${tool}> --help | $<TARGET_FILE:elbow-pages> tool ${date} elbow-${tool} '${elbow_summary_${tool}}' >'${pages}/man1/elbow-${tool}.1'"
        COMMAND ${CMAKE_COMMAND} -E create_symlink elbow ${pages}/completions/elbow-${tool})
    endif()
  endforeach()
  add_custom_command(OUTPUT ${pages}.made ${commands} COMMAND ${CMAKE_COMMAND} -E touch ${pages}.made
    DEPENDS elbow-pages ${tools} ${completion} COMMENT "Making manual pages" VERBATIM)
  add_custom_target(pages ALL DEPENDS ${pages}.made)
  install(DIRECTORY ${pages}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
  install(DIRECTORY ${pages}/completions DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion)
endfunction()
