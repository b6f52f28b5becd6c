# One interface target carries the flags of every target of the project.
add_library(ams_flags INTERFACE)
target_include_directories(ams_flags INTERFACE ${PROJECT_SOURCE_DIR})
# POSIX 2008, flock and qsort_r are what the sources need beyond C11.
target_compile_definitions(ams_flags INTERFACE _GNU_SOURCE
  _FILE_OFFSET_BITS=64)
target_compile_options(ams_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion
  -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wcast-qual -Wvla -Wformat=2)
# Generated files and statistics must have the same bits on any machine: a contracted
# multiply-add rounds once where others round twice. rl/ switches it on again for its kernels.
target_compile_options(ams_flags INTERFACE -ffp-contract=off)
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
endif()
set(CMAKE_C_FLAGS_RELEASE "-O3")
