# The floors of the house: each folder under src/ is an object library; a test links the floors it needs.

# bm_floor(NAME [BELOW floor…]) compiles src/NAME/ (or src/NAME.c) and remembers which floors stand below it.
function(bm_floor name)
  cmake_parse_arguments(ARG "" "" "BELOW" ${ARGN})
  if(IS_DIRECTORY ${CMAKE_SOURCE_DIR}/src/${name})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.c)
  else()
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}.c)
  endif()
  if(name STREQUAL crypto)
    # Exactly one port is compiled.
    list(FILTER sources EXCLUDE REGEX "/port_[^/]*\\.c$")
    list(APPEND sources ${BLEMESH_CRYPTO_PORT})
  endif()
  set(all ${name})
  foreach(floor ${ARG_BELOW})
    list(APPEND all ${BM_FLOORS_OF_${floor}})
  endforeach()
  list(REMOVE_DUPLICATES all)
  set(BM_FLOORS_OF_${name} ${all} PARENT_SCOPE)
  if(sources)
    add_library(floor_${name} OBJECT ${sources})
    target_compile_options(floor_${name} PRIVATE ${BM_FLOOR_OPTIONS})
  endif()
endfunction()

# bm_link_floors(TARGET floor…) links the objects of these floors and of all below them.
function(bm_link_floors target)
  set(all)
  foreach(floor ${ARGN})
    list(APPEND all ${BM_FLOORS_OF_${floor}})
  endforeach()
  list(REMOVE_DUPLICATES all)
  foreach(floor ${all})
    if(TARGET floor_${floor})
      target_sources(${target} PRIVATE $<TARGET_OBJECTS:floor_${floor}>)
      target_link_libraries(${target} PRIVATE $<TARGET_PROPERTY:floor_${floor},INTERFACE_LINK_LIBRARIES>)
    endif()
  endforeach()
  target_link_libraries(${target} PRIVATE mbedcrypto)
endfunction()

# bm_core_library(NAME floor…) is the archive that firmware links: libblemesh.a. Where the floors' objects are prepared
# for optimisation across files, its own are compiled: any linker takes them.
function(bm_core_library name)
  add_library(${name}_core STATIC)
  set_target_properties(${name}_core PROPERTIES OUTPUT_NAME ${name} EXPORT_NAME blemesh)
  foreach(floor ${ARGN})
    if(TARGET floor_${floor} AND BM_FLOOR_OPTIONS)
      get_target_property(sources floor_${floor} SOURCES)
      target_sources(${name}_core PRIVATE ${sources})
    elseif(TARGET floor_${floor})
      target_sources(${name}_core PRIVATE $<TARGET_OBJECTS:floor_${floor}>)
    endif()
  endforeach()
  target_include_directories(${name}_core INTERFACE $<INSTALL_INTERFACE:include>)
  target_link_libraries(${name}_core PUBLIC mbedcrypto)
endfunction()

# bm_air_library(NAME) is the archive for Linux programs on the virtual air: libNAME-air.a, beside the core's.
function(bm_air_library name)
  set(root ${CMAKE_SOURCE_DIR}/src)
  file(GLOB host CONFIGURE_DEPENDS ${root}/host/*.c)
  file(GLOB posix CONFIGURE_DEPENDS ${root}/posix/*.c)
  file(GLOB medium CONFIGURE_DEPENDS ${root}/sim/medium*.c)
  add_library(${name}_air STATIC ${host} ${medium} ${root}/sim/prng.c ${posix})
  set_target_properties(${name}_air PROPERTIES OUTPUT_NAME ${name}-air EXPORT_NAME air)
  target_compile_definitions(${name}_air PRIVATE _GNU_SOURCE)
  target_include_directories(${name}_air INTERFACE $<INSTALL_INTERFACE:include>)
  target_link_libraries(${name}_air PUBLIC ${name}_core ${UV_LIBRARIES} ${SQLITE_LIBRARIES} pthread m)
endfunction()

# bm_node_size_header(LIBRARY) makes blemesh/node_size.h for the target: an object file tells the sizes, so that nothing
# needs to run there (NodeSize.cmake).
function(bm_node_size_header library)
  set(header ${CMAKE_BINARY_DIR}/generated/blemesh/node_size.h)
  set(root ${CMAKE_SOURCE_DIR})
  add_library(node_sizes OBJECT ${root}/cmake/node_size.c)
  add_custom_command(OUTPUT ${header}
                     COMMAND ${CMAKE_COMMAND} -DOBJECT=$<TARGET_OBJECTS:node_sizes> -DSOURCE=${root} -DOUTPUT=${header}
                             -P ${root}/cmake/NodeSize.cmake
                     DEPENDS node_sizes $<TARGET_OBJECTS:node_sizes> ${root}/cmake/NodeSize.cmake
                             ${root}/cmake/node_size.h.in ${root}/src/node/carved.h ${root}/include/blemesh/node.h)
  add_custom_target(node_size_header ALL DEPENDS ${header})
  add_dependencies(${library} node_size_header)
  set(BM_GENERATED_INCLUDE ${CMAKE_BINARY_DIR}/generated PARENT_SCOPE)
endfunction()
