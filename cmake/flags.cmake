# One interface target carries the flags of every target of the project.
add_library(ams_flags INTERFACE)
target_include_directories(ams_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
# POSIX 2008, flock and qsort_r are what the sources need beyond C11.
target_compile_definitions(ams_flags INTERFACE _GNU_SOURCE
  _FILE_OFFSET_BITS=64)
target_compile_options(ams_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wcast-qual -Wvla -Wformat=2)
if(CMAKE_C_COMPILER_ID STREQUAL GNU)
  target_compile_options(ams_flags INTERFACE -Wdouble-promotion)
else() # clang's version warns of every INFINITY that becomes a double, and of formats that may be ""
  target_compile_options(ams_flags INTERFACE -Wno-format-zero-length -Wreserved-identifier)
endif()
# Generated files and statistics must have the same bits on any machine: a contracted
# multiply-add rounds once where others round twice. rl/ switches it on again for its kernels.
target_compile_options(ams_flags INTERFACE -ffp-contract=off)
# GCC contracts an expression in the same way in every loop; clang does not, and loops of several widths
# that promise equal bits (rl/fast/fused_kernels.h) would differ in the last one.
set(AMS_CONTRACTED -ffp-contract=off)
if(CMAKE_C_COMPILER_ID STREQUAL GNU)
  set(AMS_CONTRACTED -ffp-contract=fast)
endif()
# Kernels and tests' own code go without what the undefined-behaviour sanitizer asks about each pointer: the address
# sanitizer asks about each access, too, and those questions take a third of the time to compile such code.
set(AMS_NO_POINTER_CHECKS)
if(AMS_SANITIZE)
  set(AMS_NO_POINTER_CHECKS -fno-sanitize=null,alignment,object-size,pointer-overflow)
endif()
# What computes much: under a sanitizer the trainings, evaluations and searches of tests spend their time there.
set(AMS_COMPUTING_OPTIONS)
if(AMS_SANITIZE OR AMS_SANITIZE_THREADS)
  set(AMS_COMPUTING_OPTIONS -O2 ${AMS_NO_POINTER_CHECKS})
endif()
# What computes most, in rl/ and online/, which round alike with the same options. errno of sqrtf would keep loops from
# being vectorised.
set(AMS_KERNEL_OPTIONS ${AMS_CONTRACTED} -fno-math-errno ${AMS_COMPUTING_OPTIONS})
# The framework is also a shared library, whose functions nobody replaces: so they may be inlined as in a program.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
target_compile_options(ams_flags INTERFACE -fno-semantic-interposition)
if(AMS_WERROR)
  target_compile_options(ams_flags INTERFACE -Werror)
endif()
if(AMS_NATIVE)
  target_compile_options(ams_flags INTERFACE -march=native)
endif()
if(AMS_SANITIZE)
  target_compile_options(ams_flags INTERFACE -fsanitize=address,undefined
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(ams_flags INTERFACE -fsanitize=address,undefined)
  # The address sanitizer describes each of 50,000 globals by four addresses: to relocate them at each start of a program
  # takes longer than most starts of a test have to do.
  target_link_options(ams_flags INTERFACE $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-no-pie>)
  # GCC's shared run-time libraries are two, each with all that both need: at its end a program looks for leaks in
  # 6 MB more of them, which takes a third of the time of a short one.
  if(CMAKE_C_COMPILER_ID STREQUAL GNU)
    target_link_options(ams_flags INTERFACE
      "$<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-static-libasan;-static-libubsan>")
  endif()
endif()
if(AMS_SANITIZE_THREADS)
  target_compile_options(ams_flags INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(ams_flags INTERFACE -fsanitize=thread)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O3")
