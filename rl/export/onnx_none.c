/* In place of onnx.c and onnx_run.c where the build found no ONNX or protobuf-c. */
#include "rl/export/kinds.h"

static ams_status missing(ams_error *err)
{
    return ams_fail(err, AMS_BACKEND,
                    "this program was built without ONNX: install the Debian packages "
                    "libonnx-dev, libprotobuf-c-dev and protobuf-c-compiler and build again");
}

ams_status ams_onnx_write(const ams_policy_file *policy, const ams_golden *golden,
                          ams_blob *blob, ams_error *err)
{
    (void)policy;
    (void)golden;
    (void)blob;
    return missing(err);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the signature of onnx_run.c */
ams_status ams_onnx_q(const ams_blob *bytes, const ams_golden *golden, float *q, ams_error *err)
{
    (void)bytes;
    (void)golden;
    (void)q;
    return missing(err);
}
