# The CUDA toolkit, if it is there: AMS_HAS_CUDA says so. nvcc is called as a command of its own, so that
# the project stays one of C, linked by the C compiler, and builds as before without the toolkit.
set(AMS_CUDA AUTO CACHE STRING "CUDA backend: AUTO (where the toolkit is found), ON, OFF")
set_property(CACHE AMS_CUDA PROPERTY STRINGS AUTO ON OFF)
set(AMS_CUDA_ARCHITECTURES "80;90;100" CACHE STRING "Compute capabilities that machine code is made for")
set(AMS_HAS_CUDA OFF)
if(AMS_CUDA STREQUAL OFF)
  return()
endif()
find_package(CUDAToolkit 12.0 QUIET)
if(NOT CUDAToolkit_FOUND OR NOT TARGET CUDA::cudart_static OR NOT CUDAToolkit_NVCC_EXECUTABLE)
  if(AMS_CUDA STREQUAL ON)
    message(FATAL_ERROR "AMS_CUDA=ON: expected the CUDA toolkit 12.0 or newer, found none; install it, or "
      "name it with -DCUDAToolkit_ROOT=DIR, or build with -DAMS_CUDA=AUTO")
  endif()
  message(STATUS "CUDA: not built, no toolkit was found")
  return()
endif()

# Machine code for what this nvcc knows of the list, and PTX of the highest of these for devices to come.
execute_process(COMMAND ${CUDAToolkit_NVCC_EXECUTABLE} --list-gpu-code OUTPUT_VARIABLE known
  RESULT_VARIABLE failed ERROR_QUIET)
set(AMS_NVCC_TARGETS)
foreach(arch ${AMS_CUDA_ARCHITECTURES})
  if(NOT failed AND known MATCHES "sm_${arch}[^0-9]")
    list(APPEND AMS_NVCC_TARGETS "-gencode=arch=compute_${arch},code=sm_${arch}")
    set(newest ${arch})
  endif()
endforeach()
if(NOT AMS_NVCC_TARGETS)
  message(STATUS "CUDA: not built, ${CUDAToolkit_NVCC_EXECUTABLE} knows none of sm_${AMS_CUDA_ARCHITECTURES}")
  return()
endif()
list(APPEND AMS_NVCC_TARGETS "-gencode=arch=compute_${newest},code=compute_${newest}")
set(AMS_HAS_CUDA ON)
message(STATUS "CUDA: ${CUDAToolkit_VERSION}, ${AMS_NVCC_TARGETS}")

# Objects of the .cu files named, as OUT.
function(ams_cuda_objects out)
  set(objects)
  set(warnings)
  set(includes -I${PROJECT_SOURCE_DIR} -I${PROJECT_SOURCE_DIR}/include)
  if(NOT RANDOM123_INCLUDE STREQUAL "/usr/include") # named, it would hide C++'s own headers from themselves
    list(APPEND includes -isystem ${RANDOM123_INCLUDE})
  endif()
  if(AMS_WERROR)
    set(warnings -Werror=all-warnings)
  endif()
  foreach(source ${ARGN})
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${source}.o)
    add_custom_command(OUTPUT ${object}
      COMMAND ${CUDAToolkit_NVCC_EXECUTABLE} -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
        -MD -MF ${object}.d -MT ${object} -std=c++17 -O3 -ccbin ${CMAKE_C_COMPILER} ${AMS_NVCC_TARGETS}
        ${warnings} ${includes} -D_GNU_SOURCE -DR123_USE_SSE=0
        -Xcompiler=-fPIC,-Wall,-Wextra,-Wno-missing-field-initializers
      DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${source} DEPFILE ${object}.d VERBATIM
      COMMENT "Building CUDA object ${source}")
    list(APPEND objects ${object})
  endforeach()
  set(${out} ${objects} PARENT_SCOPE)
endfunction()
