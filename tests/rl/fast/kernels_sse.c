/* The fast path's loops for a machine of its own: tests/rl/CMakeLists.txt. */
#define AMS_FUSED_KERNELS test_kernels_sse
#include "rl/fast/fused_kernels.c" /* NOLINT(bugprone-suspicious-include) */
