# The framework for other programs: what base/ to lab/ hold as one archive, libams_framework.a.
# Component `framework`; CMake package ams-framework with target ams::framework, pkg-config ams-framework.
set(AMS_FRAMEWORK_PARTS ams_base ams_online_static ams_env ams_data ams_synth ams_rl ams_sched ams_cuda_layout
  ams_cuda ams_plots ams_lab)
set(objects)
foreach(part ${AMS_FRAMEWORK_PARTS})
  list(APPEND objects $<TARGET_OBJECTS:${part}>)
  # What it takes in compiled already: nvcc's objects, and loops for wider machines.
  get_target_property(sources ${part} SOURCES)
  list(FILTER sources INCLUDE REGEX "TARGET_OBJECTS|\\.o$")
  list(APPEND objects ${sources})
endforeach()
set(packages HDF5 OPENBLAS INIH JANSSON ARCHIVE XXHASH ZLIB EXPAT)
set(AMS_FRAMEWORK_REQUIRES ${HDF5_MODULE_NAME} openblas inih jansson libarchive libxxhash zlib expat)
set(AMS_FRAMEWORK_LIBS -pthread -lm)
if(AMS_ONNX)
  list(APPEND objects $<TARGET_OBJECTS:ams_onnx>)
  list(APPEND packages PROTOBUF_C)
  list(APPEND AMS_FRAMEWORK_REQUIRES libprotobuf-c)
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
target_link_libraries(ams_framework INTERFACE ${libraries} ${cuda_libraries} Threads::Threads m)
target_include_directories(ams_framework INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

set(cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ams-framework)
list(JOIN AMS_FRAMEWORK_REQUIRES " " requires)
list(JOIN AMS_FRAMEWORK_LIBS " " libs)
set(AMS_FRAMEWORK_PACKAGES)
foreach(variable module IN ZIP_LISTS packages AMS_FRAMEWORK_REQUIRES)
  string(APPEND AMS_FRAMEWORK_PACKAGES "pkg_check_modules(${variable} REQUIRED IMPORTED_TARGET ${module})\n")
endforeach()
configure_file(cmake/ams-framework.pc.in ams-framework.pc @ONLY)
configure_file(cmake/ams-framework-config.cmake.in ams-framework-config.cmake @ONLY)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ams-framework-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(TARGETS ams_framework EXPORT ams_framework_targets COMPONENT framework)
install(EXPORT ams_framework_targets NAMESPACE ams:: DESTINATION ${cmake_dir} COMPONENT framework)
install(FILES ${PROJECT_BINARY_DIR}/ams-framework-config.cmake
  ${PROJECT_BINARY_DIR}/ams-framework-config-version.cmake DESTINATION ${cmake_dir} COMPONENT framework)
install(FILES ${PROJECT_BINARY_DIR}/ams-framework.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  COMPONENT framework)
install(DIRECTORY include/ams TYPE INCLUDE COMPONENT framework FILES_MATCHING PATTERN *.h PATTERN online.h EXCLUDE)
