/* cuda/wide.cu with the device's branch of every macro, for lanes that are fibres. */
#include "device.h"

#include "cuda/wide.cu"
