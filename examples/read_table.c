/* Reads an outputs file and prints, for each model, its mean time and how often it says
 * anything.
 *
 *   read_table photos.h5 */
#include <ams/framework.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    ams_error err; /* every call that can fail writes one line here */
    ams_table table;
    if (argc != 2) {
        fprintf(stderr, "usage: %s F.h5\n", argv[0]);
        return AMS_USAGE;
    }
    /* The whole file is checked while it is read: format, ranges and names. */
    const ams_status status = ams_table_read(&table, argv[1], &err);
    if (status != AMS_OK) {
        fprintf(stderr, "%s\n", err.text);
        return (int)status;
    }
    printf("%s: %u items, %u models, %u labels\n", table.name, table.n_items, table.n_models,
           table.n_labels);

    /* Row item * n_models + model holds what that model said of that item: the outputs at
     * indptr[row] up to indptr[row + 1], each a label and a confidence from 0 to 1. */
    for (uint32_t m = 0; m < table.n_models; m++) {
        uint32_t speaks = 0;
        for (uint32_t i = 0; i < table.n_items; i++) {
            const uint64_t row = (uint64_t)i * table.n_models + m;
            bool confident = false;
            for (uint64_t k = table.indptr[row]; k < table.indptr[row + 1]; k++) {
                confident = confident || table.conf[k] > ams_table_threshold(&table, m);
            }
            speaks += confident;
        }
        printf("  %-28s %7.1f ms  sure of something on %5.1f %% of the items\n",
               ams_names_get(&table.model_name, m), (double)table.time_ms[m],
               100.0 * speaks / table.n_items);
    }
    ams_table_fini(&table);
    return 0;
}
