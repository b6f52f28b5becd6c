/* The layout of a map. Private to links/. */
#ifndef AMS_LINKS_MAP_H
#define AMS_LINKS_MAP_H

#include "ams/links.h"

/* Sets n_rows, n_columns, n_models, row, column and kind of a map whose form and mask are set.
 * Returns n_rows. */
uint32_t ams_link_map_place(ams_link_map *map, const ams_link_space *space);

#endif
