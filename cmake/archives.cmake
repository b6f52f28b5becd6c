# What programs of this project link for HDF5, libarchive and OpenBLAS: archives where AMS_ARCHIVES asks for them and they are
# there, shared libraries otherwise. The framework's shared library links the shared ones always.

# LIBRARY is ams_NAME's: ARCHIVE and what it needs, which are files, or the shared one of pkg-config.
function(ams_archive name shared archive)
  add_library(ams_${name} INTERFACE)
  set(${name}_archive OFF PARENT_SCOPE)
  if(AMS_ARCHIVES AND NOT "${archive};${ARGN}" MATCHES "NOTFOUND")
    set(${name}_archive ON PARENT_SCOPE)
    target_link_libraries(ams_${name} INTERFACE ${archive} ${ARGN})
    target_include_directories(ams_${name} SYSTEM INTERFACE
      $<TARGET_PROPERTY:${shared},INTERFACE_INCLUDE_DIRECTORIES>)
    message(STATUS "Linked as an archive: ${archive}")
  else()
    target_link_libraries(ams_${name} INTERFACE ${shared})
  endif()
endfunction()

if(AMS_ARCHIVES)
  find_library(HDF5_ARCHIVE libhdf5.a PATHS ${HDF5_LIBRARY_DIRS} NO_DEFAULT_PATH)
  find_library(SZ_LIBRARY sz)
  find_library(ARCHIVE_ARCHIVE libarchive.a)
  # Its packages for development are no dependency of libarchive's.
  find_library(BZ2_LIBRARY NAMES bz2 libbz2.so.1.0)
  find_library(LZMA_LIBRARY NAMES lzma liblzma.so.5)
  find_library(ZSTD_LIBRARY NAMES zstd libzstd.so.1)
  find_library(OPENBLAS_ARCHIVE libopenblas.a PATHS ${OPENBLAS_LIBRARY_DIRS} NO_DEFAULT_PATH)
endif()
ams_archive(hdf5 PkgConfig::HDF5 "${HDF5_ARCHIVE}" "${SZ_LIBRARY}" PkgConfig::ZLIB m ${CMAKE_DL_LIBS})
ams_archive(libarchive PkgConfig::ARCHIVE "${ARCHIVE_ARCHIVE}" "${BZ2_LIBRARY}" "${LZMA_LIBRARY}" "${ZSTD_LIBRARY}")
# 26 MB of kernels: for the program, which starts often, and not for each of two hundred tests.
add_library(ams_openblas INTERFACE)
target_link_libraries(ams_openblas INTERFACE PkgConfig::OPENBLAS)
if(AMS_ARCHIVES AND OPENBLAS_ARCHIVE)
  message(STATUS "Linked as an archive into the program: ${OPENBLAS_ARCHIVE}")
  set_target_properties(ams_openblas PROPERTIES INTERFACE_LINK_LIBRARIES
    "$<IF:$<BOOL:$<TARGET_PROPERTY:AMS_STARTS_OFTEN>>,${OPENBLAS_ARCHIVE};Threads::Threads;m,PkgConfig::OPENBLAS>")
endif()
