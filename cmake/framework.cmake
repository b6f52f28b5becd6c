# The framework for other programs: what base/ to lab/ hold as one archive, libams_framework.a, and as one shared
# library, libams_framework.so, which other languages load. Component `framework`, and `runtime` for what a program
# that is linked to the shared one needs. CMake package ams-framework with targets ams::framework (static) and
# ams::framework_shared; pkg-config ams-framework and ams-framework-shared.
set(AMS_FRAMEWORK_PARTS ams_base ams_online_static ams_env ams_data ams_synth ams_rl ams_links ams_sched ams_stream ams_cuda_layout
  ams_cuda ams_plots ams_lab)
set(objects)
foreach(part ${AMS_FRAMEWORK_PARTS})
  list(APPEND objects $<TARGET_OBJECTS:${part}>)
  # What it takes in compiled already: nvcc's objects, and loops for wider machines.
  get_target_property(sources ${part} SOURCES)
  list(FILTER sources INCLUDE REGEX "TARGET_OBJECTS|\\.o$")
  list(APPEND objects ${sources})
endforeach()
set(packages HDF5 OPENBLAS INIH JANSSON ARCHIVE XXHASH ZLIB DEFLATE EXPAT)
set(AMS_FRAMEWORK_REQUIRES ${HDF5_MODULE_NAME} openblas inih jansson libarchive libxxhash zlib libdeflate expat)
set(AMS_FRAMEWORK_LIBS -pthread -lm)
if(AMS_ONNX)
  list(APPEND objects $<TARGET_OBJECTS:ams_onnx>)
  list(APPEND packages PROTOBUF_C)
  list(APPEND AMS_FRAMEWORK_REQUIRES libprotobuf-c)
endif()
if(AMS_GLPK)
  list(APPEND AMS_FRAMEWORK_LIBS -lglpk)
  list(APPEND other_libraries glpk)
endif()
if(AMS_HAS_CUDA)
  set(cuda_libraries ${CUDA_cudart_static_LIBRARY} stdc++ dl rt)
  list(APPEND AMS_FRAMEWORK_LIBS ${CUDA_cudart_static_LIBRARY} -lstdc++ -ldl -lrt)
endif()
add_library(ams_framework STATIC ${objects})
if(AMS_HAS_CUDA)
  add_dependencies(ams_framework ams_cuda) # whose commands make these objects
endif()
set_target_properties(ams_framework PROPERTIES LINKER_LANGUAGE C EXPORT_NAME framework)
list(TRANSFORM packages PREPEND PkgConfig:: OUTPUT_VARIABLE libraries)
target_link_libraries(ams_framework INTERFACE ${libraries} ${cuda_libraries} ${other_libraries} Threads::Threads m)
target_include_directories(ams_framework INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

# The shared library shows what the public headers declare and nothing else. What they name and do not define,
# such as a type, does no harm in the linker's list.
file(STRINGS include/ams/framework.h public_headers REGEX "^#include \"ams/")
set(shown)
foreach(line "\"ams/online.h\"" ${public_headers})
  string(REGEX REPLACE ".*\"(ams/[a-z_]+\\.h)\".*" "include/\\1" header "${line}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${header})
  file(READ ${header} text)
  string(REGEX REPLACE "/\\*([^*]|\\*+[^*/])*\\*+/" "" text "${text}")
  string(REPLACE "[" "(" text "${text}") # which would join a list's elements
  string(REPLACE ";" "(" text "${text}")
  string(REGEX MATCHALL "ams_[a-z0-9_]+ *\\(" names "${text}")
  list(TRANSFORM names REPLACE " *\\(" "")
  list(APPEND shown ${names})
endforeach()
list(REMOVE_DUPLICATES shown)
list(SORT shown)
list(JOIN shown ";\n    " shown)
set(AMS_SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(version_script ${PROJECT_BINARY_DIR}/ams_framework.map)
file(CONFIGURE OUTPUT ${version_script} CONTENT
  "AMS_FRAMEWORK_${AMS_SOVERSION} {\n  global:\n    ${shown};\n  local:\n    *;\n};\n")
add_library(ams_framework_shared SHARED ${objects})
set_target_properties(ams_framework_shared PROPERTIES LINKER_LANGUAGE C OUTPUT_NAME ams_framework
  EXPORT_NAME framework_shared VERSION ${PROJECT_VERSION} SOVERSION ${AMS_SOVERSION} LINK_DEPENDS ${version_script})
target_link_options(ams_framework_shared PRIVATE -Wl,--version-script=${version_script} -Wl,-Bsymbolic)
if(AMS_SANITIZE)
  target_link_options(ams_framework_shared PRIVATE -fsanitize=address,undefined)
elseif(AMS_SANITIZE_THREADS)
  target_link_options(ams_framework_shared PRIVATE -fsanitize=thread)
elseif(NOT AMS_FUZZ) # whose runtime only a program has
  target_link_options(ams_framework_shared PRIVATE -Wl,--no-undefined)
endif()
if(AMS_HAS_CUDA)
  add_dependencies(ams_framework_shared ams_cuda)
endif()
target_link_libraries(ams_framework_shared PRIVATE ${libraries} ${cuda_libraries} ${other_libraries} Threads::Threads m)
target_include_directories(ams_framework_shared INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

set(cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ams-framework)
list(JOIN AMS_FRAMEWORK_REQUIRES " " requires)
list(JOIN AMS_FRAMEWORK_LIBS " " libs)
set(AMS_FRAMEWORK_PACKAGES)
foreach(variable module IN ZIP_LISTS packages AMS_FRAMEWORK_REQUIRES)
  string(APPEND AMS_FRAMEWORK_PACKAGES "pkg_check_modules(${variable} REQUIRED IMPORTED_TARGET ${module})\n")
endforeach()
configure_file(cmake/ams-framework.pc.in ams-framework.pc @ONLY)
configure_file(cmake/ams-framework-shared.pc.in ams-framework-shared.pc @ONLY)
configure_file(cmake/ams-framework-config.cmake.in ams-framework-config.cmake @ONLY)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ams-framework-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(TARGETS ams_framework EXPORT ams_framework_targets COMPONENT framework)
install(TARGETS ams_framework_shared EXPORT ams_framework_targets
  LIBRARY COMPONENT runtime NAMELINK_COMPONENT framework)
install(EXPORT ams_framework_targets NAMESPACE ams:: DESTINATION ${cmake_dir} COMPONENT framework)
install(FILES ${PROJECT_BINARY_DIR}/ams-framework-config.cmake
  ${PROJECT_BINARY_DIR}/ams-framework-config-version.cmake DESTINATION ${cmake_dir} COMPONENT framework)
install(FILES ${PROJECT_BINARY_DIR}/ams-framework.pc ${PROJECT_BINARY_DIR}/ams-framework-shared.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  COMPONENT framework)
install(DIRECTORY include/ams TYPE INCLUDE COMPONENT framework FILES_MATCHING PATTERN *.h PATTERN online.h EXCLUDE)
