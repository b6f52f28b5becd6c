/* Functions that the host and a CUDA device both compile, so that tests on the host cover them.
 */
#ifndef AMS_BASE_DEVICE_H
#define AMS_BASE_DEVICE_H

#ifdef __CUDACC__
#define AMS_HOST_DEVICE __host__ __device__
#else
#define AMS_HOST_DEVICE
#endif

#endif
