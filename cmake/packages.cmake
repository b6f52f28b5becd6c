# Debian 12 package names stand beside each; ./reproduce and ./check install them.
find_package(PkgConfig REQUIRED)                                           # pkg-config
find_package(Threads REQUIRED)
# The serial build by its own name: libhdf5-openmpi-dev takes the plain name over, and its hdf5.h asks for mpi.h.
pkg_search_module(HDF5 REQUIRED IMPORTED_TARGET hdf5-serial hdf5)          # libhdf5-dev
pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET openblas)              # libopenblas-dev
pkg_check_modules(INIH REQUIRED IMPORTED_TARGET inih)                      # libinih-dev
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)                # libjansson-dev
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)                       # libuv1-dev
pkg_check_modules(ARCHIVE REQUIRED IMPORTED_TARGET libarchive)             # libarchive-dev
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)               # libxxhash-dev
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)                      # zlib1g-dev
pkg_check_modules(DEFLATE REQUIRED IMPORTED_TARGET libdeflate)             # libdeflate-dev
pkg_check_modules(EXPAT REQUIRED IMPORTED_TARGET expat)                    # libexpat1-dev
find_path(RANDOM123_INCLUDE Random123/philox.h REQUIRED)                   # librandom123-dev
include(cmake/archives.cmake)
if(AMS_ONNX)
  pkg_check_modules(PROTOBUF_C IMPORTED_TARGET libprotobuf-c)              # libprotobuf-c-dev
  find_program(PROTOC_C protoc-c)                                          # protobuf-c-compiler
  find_path(ONNX_PROTO onnx.proto PATH_SUFFIXES onnx)                      # libonnx-dev
  if(NOT PROTOBUF_C_FOUND OR NOT PROTOC_C OR NOT ONNX_PROTO)
    message(STATUS "No ONNX export: needs libprotobuf-c-dev, protobuf-c-compiler and libonnx-dev")
    set(AMS_ONNX OFF)
  endif()
endif()
if(AMS_GLPK)
  find_path(GLPK_INCLUDE glpk.h)                                           # libglpk-dev
  find_library(GLPK_LIBRARY glpk)
  if(NOT GLPK_INCLUDE OR NOT GLPK_LIBRARY)
    message(STATUS "No bounds of streams: needs libglpk-dev")
    set(AMS_GLPK OFF)
  endif()
endif()
if(AMS_TESTS)
  pkg_check_modules(CHECK REQUIRED IMPORTED_TARGET check)                  # check
endif()
