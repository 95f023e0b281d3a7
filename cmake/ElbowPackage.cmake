# SPDX-License-Identifier: BSD-3-Clause
# Elbow as a library for other programs: libelbow.a (all rooms except cli), its headers, elbow.pc for pkg-config and a CMake
# package. Neither contains an absolute path, so the installation may be moved as a whole.
include_guard()
include(CMakePackageConfigHelpers)

# Modules of pkg-config and plain libraries that a program must link beside libelbow.a.
function(elbow_package_needs modules libraries)
  set(found "")
  set(plain "")
  foreach(name OPENBLAS YAML PNG CAIRO ZLIB SLEEF)
    if(ELBOW_${name}_MODULE)
      list(APPEND found ${ELBOW_${name}_MODULE})
    else()
      list(APPEND plain ${ELBOW_${name}_LIBRARY})
    endif()
  endforeach()
  if(ELBOW_PC_HDF5_FOUND)
    list(APPEND found ${ELBOW_PC_HDF5_MODULE_NAME})
  else()
    list(APPEND plain ${HDF5_C_LIBRARIES})
  endif()
  if(OpenBLAS_FOUND)
    list(APPEND plain ${OpenBLAS_LIBRARIES})
  endif()
  string(JOIN ", " found ${found})
  string(JOIN " " plain ${plain} ${MPI_C_LIBRARIES} ${OpenMP_C_FLAGS} ${CMAKE_THREAD_LIBS_INIT} -lm)
  set(${modules} "${found}" PARENT_SCOPE)
  set(${libraries} "${plain}" PARENT_SCOPE)
endfunction()

# elbow_package(ROOM...)
function(elbow_package)
  set(objects "")
  foreach(room ${ARGN})
    list(APPEND objects $<TARGET_OBJECTS:elbow_${room}>)
  endforeach()
  add_library(elbow_library STATIC ${objects})
  set_target_properties(elbow_library PROPERTIES OUTPUT_NAME elbow LINKER_LANGUAGE C)
  set(directory ${CMAKE_INSTALL_LIBDIR}/cmake/elbow)
  elbow_package_needs(ELBOW_PC_MODULES ELBOW_PC_LIBRARIES)
  file(RELATIVE_PATH ELBOW_PC_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/elbow.pc.in ${PROJECT_BINARY_DIR}/package/elbow.pc @ONLY)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/elbowConfig.cmake.in
    ${PROJECT_BINARY_DIR}/package/elbowConfig.cmake INSTALL_DESTINATION ${directory}
    PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/elbowConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(TARGETS elbow_library ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY include/elbow DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} PATTERN cli EXCLUDE PATTERN detail EXCLUDE)
  install(FILES ${PROJECT_BINARY_DIR}/package/elbow.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
  install(FILES ${PROJECT_BINARY_DIR}/package/elbowConfig.cmake ${PROJECT_BINARY_DIR}/package/elbowConfigVersion.cmake
    ${PROJECT_SOURCE_DIR}/cmake/ElbowDependencies.cmake DESTINATION ${directory})
endfunction()

# The documents, with the files that they link to beside them.
function(elbow_install_documents)
  install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(DIRECTORY configs jobs DESTINATION ${CMAKE_INSTALL_DATADIR}/elbow USE_SOURCE_PERMISSIONS)
  elbow_install_link(${CMAKE_INSTALL_DOCDIR} ${CMAKE_INSTALL_DATADIR}/elbow configs jobs)
  elbow_install_link(${CMAKE_INSTALL_DATADIR}/elbow ${CMAKE_INSTALL_DOCDIR} docs) # for jobs/README.md
endfunction()

# elbow_install_link(WHERE FOLDER name...): WHERE/name is a link to FOLDER/name.
function(elbow_install_link where folder)
  file(RELATIVE_PATH way /prefix/${where} /prefix/${folder})
  foreach(name ${ARGN})
    install(CODE "file(CREATE_LINK \"${way}/${name}\" \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${where}/${name}\" SYMBOLIC)")
  endforeach()
endfunction()
