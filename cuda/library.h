/* Opening a shared library that a machine may have in more than one place. */
#ifndef AMS_CUDA_LIBRARY_H
#define AMS_CUDA_LIBRARY_H

#include "ams/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Looks for `name` where the loader looks (LD_LIBRARY_PATH, ldconfig), then in the folders of
 * CUDA_HOME, CUDA_PATH and of the toolkit that the program was built with, and then in the
 * Python environment that VIRTUAL_ENV or CONDA_PREFIX names, where PyTorch's packages bring
 * NVIDIA's libraries along.
 * *library: the caller's to dlclose. @return AMS_BACKEND: it is nowhere; where it was looked
 * for. */
ams_status ams_library_open(const char *name, void **library, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
