# cmake --install: the headers, the archives, what pkg-config and find_package read, and the command.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/blemesh)

set(headers_excluded)
set(targets blemesh_core)
if(TARGET blemesh_air)
  list(APPEND targets blemesh_air)
else()
  set(headers_excluded PATTERN air.h EXCLUDE PATTERN radio.h EXCLUDE PATTERN sqlite_store.h EXCLUDE)
endif()
install(DIRECTORY include/blemesh DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h"
        ${headers_excluded})
install(FILES ${BM_GENERATED_INCLUDE}/blemesh/node_size.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/blemesh)
install(TARGETS ${targets} EXPORT blemesh-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT blemesh-targets NAMESPACE blemesh:: DESTINATION ${package_dir})

configure_package_config_file(cmake/blemesh-config.cmake.in ${CMAKE_BINARY_DIR}/blemesh-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/blemesh-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/blemesh-config.cmake ${CMAKE_BINARY_DIR}/blemesh-config-version.cmake
        DESTINATION ${package_dir})

# The .pc files name their prefix from where they stand, so that --prefix at installation is good for them too.
file(RELATIVE_PATH BLEMESH_PC_TO_PREFIX /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
set(modules blemesh)
if(TARGET blemesh_air)
  list(APPEND modules blemesh-air)
endif()
foreach(module ${modules})
  configure_file(cmake/${module}.pc.in ${CMAKE_BINARY_DIR}/${module}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${module}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

if(TARGET blemesh)
  # Its Python modules are inside it: it runs from anywhere.
  install(TARGETS blemesh RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
