#include "lab/frame/exported.h"

ams_status ams_exported_add(ams_frame *files, const char *format, const char *file,
                            uint64_t bytes, double difference, double allowed, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(AMS_FRAME_ADD(files, err, ams_cell_text(format), ams_cell_text(file),
                          ams_cell_count(bytes), ams_cell_real(difference),
                          ams_cell_real(allowed)));
out:
    return status;
}
