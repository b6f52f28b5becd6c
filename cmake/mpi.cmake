# MPI, if it is there: AMS_HAS_MPI says so. Only `ams-mpi` is linked to it.
set(AMS_MPI AUTO CACHE STRING "The program ams-mpi: AUTO (where MPI is found), ON, OFF")
set_property(CACHE AMS_MPI PROPERTY STRINGS AUTO ON OFF)
set(AMS_HAS_MPI OFF)
if(AMS_MPI STREQUAL OFF)
  return()
endif()
# MPI's own start-up leaks and races. What is ours runs in teams without MPI under sanitizers.
if(AMS_MPI STREQUAL AUTO AND (AMS_SANITIZE OR AMS_SANITIZE_THREADS OR AMS_FUZZ))
  message(STATUS "MPI: not built, sanitizers are on")
  return()
endif()
find_package(MPI QUIET COMPONENTS C)                                       # libopenmpi-dev, openmpi-bin
if(NOT MPI_C_FOUND)
  if(AMS_MPI STREQUAL ON)
    message(FATAL_ERROR "AMS_MPI=ON: expected MPI for C, found none; install libopenmpi-dev and openmpi-bin, or "
      "build with -DAMS_MPI=AUTO")
  endif()
  message(STATUS "MPI: ams-mpi is not built, needs libopenmpi-dev and openmpi-bin")
  return()
endif()
set(AMS_HAS_MPI ON)
message(STATUS "MPI: ${MPI_C_VERSION}, ${MPIEXEC_EXECUTABLE}")
