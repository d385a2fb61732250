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
install(DIRECTORY include/blemesh DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library
        FILES_MATCHING PATTERN "*.h" ${headers_excluded})
install(FILES ${BM_GENERATED_INCLUDE}/blemesh/node_size.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/blemesh
        COMPONENT library)
install(TARGETS ${targets} EXPORT blemesh-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        COMPONENT library)
install(EXPORT blemesh-targets NAMESPACE blemesh:: DESTINATION ${package_dir} COMPONENT library)

configure_package_config_file(cmake/blemesh-config.cmake.in ${CMAKE_BINARY_DIR}/blemesh-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/blemesh-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/blemesh-config.cmake ${CMAKE_BINARY_DIR}/blemesh-config-version.cmake
        DESTINATION ${package_dir} COMPONENT library)

# The .pc files name their prefix from where they stand, so that --prefix at installation is good for them too.
file(RELATIVE_PATH BLEMESH_PC_TO_PREFIX /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
set(modules blemesh)
if(TARGET blemesh_air)
  list(APPEND modules blemesh-air)
endif()
foreach(module ${modules})
  configure_file(cmake/${module}.pc.in ${CMAKE_BINARY_DIR}/${module}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${module}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
endforeach()

if(TARGET blemesh)
  # Its Python modules are inside it: it runs from anywhere.
  install(TARGETS blemesh RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT command)

  # The manual page and the completions, from what the command says of itself.
  set(pages ${CMAKE_BINARY_DIR}/pages)
  add_custom_command(OUTPUT ${pages}/blemesh.1.gz ${pages}/blemesh.bash ${pages}/_blemesh
    COMMAND /usr/bin/python3 -B ${CMAKE_SOURCE_DIR}/scripts/pages.py $<TARGET_FILE:blemesh> ${PROJECT_VERSION} ${pages}
    COMMAND gzip -9nkf ${pages}/blemesh.1
    DEPENDS blemesh ${CMAKE_SOURCE_DIR}/scripts/pages.py VERBATIM)
  add_custom_target(pages ALL DEPENDS ${pages}/blemesh.1.gz)
  install(FILES ${pages}/blemesh.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT command)
  install(FILES ${pages}/blemesh.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME blemesh
          COMPONENT command)
  install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT command)
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright COMPONENT command)
  install(DIRECTORY docs examples DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT command)
  # These depend on the prefix at installation: Debian's zsh looks into a folder of its own, units name the command.
  install(CODE "
    set(zsh site-functions)
    if(CMAKE_INSTALL_PREFIX STREQUAL /usr)
      set(zsh vendor-completions)
    endif()
    file(INSTALL \"${pages}/_blemesh\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/share/zsh/\${zsh}\")
    set(BLEMESH_BINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
    foreach(unit blemesh-node@ blemesh-run@)
      configure_file(\"${CMAKE_SOURCE_DIR}/packaging/systemd/\${unit}.service\" \"${CMAKE_BINARY_DIR}/\${unit}.service\"
                     @ONLY)
      file(INSTALL \"${CMAKE_BINARY_DIR}/\${unit}.service\"
           DESTINATION \"\${CMAKE_INSTALL_PREFIX}/lib/systemd/system\")
    endforeach()" COMPONENT command)
endif()

# cpack -G DEB: two packages, the command and the library.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME blemesh)
set(CPACK_PACKAGE_CONTACT "blemesh <blemesh@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Bluetooth Mesh: nodes, networks and scripts")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL library)
if(TARGET blemesh)
  list(PREPEND CPACK_COMPONENTS_ALL command)
endif()
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)
set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME blemesh)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION net)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libblemesh-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS "libmbedtls-dev, libuv1-dev, libsqlite3-dev")
set(CPACK_COMPONENT_COMMAND_DESCRIPTION
    "Bluetooth Mesh on the command line: networks, nodes with and without scripts, a virtual air, real controllers.")
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "The C library of blemesh: headers, archives, and what CMake and pkg-config read.")
include(CPack)
