/* An open outputs file, for the files that read it in parts. Private to env/. */
#ifndef AMS_ENV_TABLE_FILE_H
#define AMS_ENV_TABLE_FILE_H

#include "ams/table_file.h"
#include "env/h5.h"

struct ams_table_file {
    ams_h5 h5;
    ams_table head;
    uint64_t outputs;
    bool run_times;
};

/* Items that are read at once: 512 K executions of 30 models, so that the buffers of a read
 * stay in a near cache. */
enum { AMS_ITEMS_AT_ONCE = 16384 };

#endif
