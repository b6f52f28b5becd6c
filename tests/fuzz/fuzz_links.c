/* links.ams: whatever comes, nothing breaks, and links that are taken can be put on a table.
 * The same bytes are tried with their checksums set right, too. */
#include "ams/link_file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mend.h"

#include <string.h>

static void parse(const void *bytes, size_t size)
{
    ams_link_file file;
    ams_error err;
    if (ams_link_file_parse(&file, bytes, size, "input", &err) != AMS_OK) {
        return;
    }
    const ams_link_space *space = &file.space;
    need(space->first[space->n_models] == space->n_columns);
    for (uint32_t k = 0; k < file.n_maps; k++) {
        const ams_link_map *map = &file.map[k];
        /* The last weight that a prediction may read. */
        for (uint32_t m = 0; m < space->n_models; m++) {
            if (map->mask >> m & 1) {
                need(map->row[m] + ams_link_width(space, m) <= map->n_rows);
            }
        }
        need(map->n_columns == space->n_columns);
        volatile float last = 0;
        if (map->form == AMS_LINK_NETWORKS) {
            for (uint32_t m = 0; m < space->n_models; m++) {
                const ams_net *net = &map->net[m];
                need((net->params == NULL) == ((map->mask >> m & 1) != 0));
                last = net->params == NULL ? 0 : net->params[net->n_params - 1];
            }
            continue;
        }
        last = map->bias[map->n_columns - 1];
        if (map->n_rows > 0) {
            last = map->weight[(size_t)map->n_rows * map->n_columns - 1];
        }
        (void)last;
    }
    need(file.chosen == AMS_LINK_NOT_CHOSEN || file.chosen < file.n_maps);
    ams_link_file_fini(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    parse_both(data, size, parse);
    return 0;
}
