/* Gradients of the dense layers by cuBLAS: dW (in, out) = x^T (in, B) dy (B, out).
 *
 * The library is opened when it is first needed: linked, it would add a fifth of a second to
 * the start of every command. */
#include "cuda/host.cuh"

#include <dlfcn.h>

/* What NVIDIA recommends for compute capability 9 and up; a fixed workspace and a single stream
 * give the same bits every time. */
enum { WORKSPACE = 32 * 1024 * 1024 };

struct ams_gemm {
    void *library;
    cublasHandle_t handle;
    void *workspace;
    decltype(&cublasCreate_v2) create;
    decltype(&cublasDestroy_v2) destroy;
    decltype(&cublasSetStream_v2) set_stream;
    decltype(&cublasSetWorkspace_v2) set_workspace;
    decltype(&cublasSetMathMode) set_math_mode;
    decltype(&cublasSgemm_v2) sgemm;
    decltype(&cublasGetStatusString) text;
};

static ams_status failed(const ams_gemm *g, cublasStatus_t code, const char *what,
                         ams_error *err)
{
    return ams_fail(err, AMS_BACKEND, "cuBLAS: %s failed: %s", what, g->text(code));
}

#define AMS_BLAS_TRY(call, what)                                                               \
    do {                                                                                       \
        cublasStatus_t code_ = (call);                                                         \
        if (code_ != CUBLAS_STATUS_SUCCESS) {                                                  \
            status = failed(g, code_, what, err);                                              \
            goto out;                                                                          \
        }                                                                                      \
    } while (0)

static ams_status find(ams_gemm *g, const char *name, void *function, size_t size,
                       ams_error *err)
{
    void *found = dlsym(g->library, name);
    if (found == NULL) {
        return ams_fail(err, AMS_BACKEND, "cuBLAS has no function %s: %s", name, dlerror());
    }
    memcpy(function, &found, size);
    return AMS_OK;
}

static ams_status open_library(ams_gemm *g, ams_error *err)
{
    char name[64];
    ams_status status = AMS_OK;
    snprintf(name, sizeof name, "libcublas.so.%d", CUBLAS_VER_MAJOR);
    g->library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (g->library == NULL) {
        return ams_fail(err, AMS_BACKEND,
                        "%s; put the folder of the CUDA toolkit's libraries into "
                        "LD_LIBRARY_PATH, or choose batch below 512, which needs no cuBLAS",
                        dlerror());
    }
    AMS_TRY(find(g, "cublasCreate_v2", &g->create, sizeof g->create, err));
    AMS_TRY(find(g, "cublasDestroy_v2", &g->destroy, sizeof g->destroy, err));
    AMS_TRY(find(g, "cublasSetStream_v2", &g->set_stream, sizeof g->set_stream, err));
    AMS_TRY(find(g, "cublasSetWorkspace_v2", &g->set_workspace, sizeof g->set_workspace, err));
    AMS_TRY(find(g, "cublasSetMathMode", &g->set_math_mode, sizeof g->set_math_mode, err));
    AMS_TRY(find(g, "cublasSgemm_v2", &g->sgemm, sizeof g->sgemm, err));
    AMS_TRY(find(g, "cublasGetStatusString", &g->text, sizeof g->text, err));
out:
    return status;
}

ams_status ams_gemm_create(ams_device_run *run, ams_error *err)
{
    ams_gemm *g = (ams_gemm *)calloc(1, sizeof *g);
    ams_status status = AMS_OK;
    if (g == NULL) {
        return ams_no_memory(err, sizeof *g, "cuBLAS");
    }
    run->gemm = g;
    AMS_TRY(open_library(g, err));
    AMS_BLAS_TRY(g->create(&g->handle), "starting");
    AMS_BLAS_TRY(g->set_stream(g->handle, run->stream), "choosing a stream");
    AMS_CUDA_TRY(cudaMalloc(&g->workspace, WORKSPACE), "allocating 32 MiB for cuBLAS");
    AMS_BLAS_TRY(g->set_workspace(g->handle, g->workspace, WORKSPACE), "taking its workspace");
    /* Single precision throughout: no TF32. */
    AMS_BLAS_TRY(g->set_math_mode(g->handle, CUBLAS_PEDANTIC_MATH), "choosing its precision");
out:
    return status; /* the run's destruction frees what is there */
}

void ams_gemm_destroy(ams_gemm *g)
{
    if (g == NULL) {
        return;
    }
    /* A library that cannot end its own work has no one to tell. */
    if (g->handle != NULL) {
        (void)g->destroy(g->handle);
    }
    if (g->workspace != NULL) {
        (void)cudaFree(g->workspace);
    }
    if (g->library != NULL) {
        (void)dlclose(g->library);
    }
    free(g);
}

/* cuBLAS counts by columns: a row-major matrix is its transpose, so dW^T = dy^T x. */
ams_status ams_gemm_gradients(const ams_device_run *run, ams_error *err)
{
    const ams_gemm *g = run->gemm;
    const ams_view *v = &run->view;
    const float one = 1;
    const float zero = 0;
    ams_status status = AMS_OK;
    for (uint32_t k = 1; k < v->n_layers; k++) {
        const int in = (int)v->width[k];
        const int out = (int)v->width[k + 1];
        AMS_BLAS_TRY(g->sgemm(g->handle, CUBLAS_OP_N, CUBLAS_OP_T, out, in, (int)v->batch, &one,
                              v->slope[k], out, v->out[k - 1], in, &zero,
                              v->gradient + v->weight[k], out),
                     "a layer's gradient");
    }
out:
    return status;
}
