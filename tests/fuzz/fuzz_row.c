/* Rows of an import: JSON Lines and CSV records. Whatever comes, nothing breaks, and a row that
 * is taken keeps the promises of data.h. */
#include "ams/data.h"
#include "data/csv.h"
#include "data/row_parser.h"
#include "tests/data/same_row.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <string.h>

static void check_row(const ams_row *row)
{
    need(row->item != NULL && row->item[0] != '\0');
    need(row->model != NULL && row->model[0] != '\0');
    need(row->group == NULL || row->group[0] != '\0');
    need(isnan(row->time_ms) || row->time_ms > 0);
    ams_split split = AMS_TRAIN;
    need(row->split == NULL || ams_split_parse(row->split, &split));
    for (uint32_t i = 0; i < row->n_labels; i++) {
        need(row->label[i][0] != '\0');
        need(row->conf[i] >= 0 && row->conf[i] <= 1);
    }
    need((row->unknown_fields > 0) == (row->unknown_field != NULL));
}

static void try_csv(const char *text, size_t size)
{
    ams_csv_cells cells = {0};
    while (size > 0) {
        const char *end = memchr(text, '\n', size);
        size_t length = end == NULL ? size : (size_t)(end - text);
        bool open = false;
        bool whole = ams_csv_split(&cells, text, length, &open, NULL) == AMS_OK && !open;
        for (size_t i = 0; whole && i < cells.count; i++) {
            need(strlen(ams_csv_cell(&cells, i)) <= cells.used);
        }
        text += end == NULL ? length : length + 1;
        size -= end == NULL ? length : length + 1;
    }
    ams_csv_fini(&cells);
}

/* Without a tree and with one, a row is the same, and so is what is wrong with it. */
static void try_json(ams_row_parser *parser, ams_row_parser *tree, const char *text,
                     size_t size)
{
    ams_row row;
    ams_row same;
    ams_error err = {""};
    ams_error again = {""};
    const ams_status status = ams_row_parse(parser, text, size, &row, &err);
    need(status == ams_row_parse(tree, text, size, &same, &again));
    if (status == AMS_OK) {
        check_row(&row);
        need(same_row(&row, &same) && parser->record == tree->record);
    } else {
        need(strcmp(err.text, again.text) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of its own size: a read past the end shows. */
    char *text = malloc(size == 0 ? 1 : size);
    ams_row_parser *parser = NULL;
    ams_row_parser *tree = NULL;
    if (text != NULL && ams_row_parser_create(&parser, NULL) == AMS_OK &&
        ams_row_parser_create(&tree, NULL) == AMS_OK) {
        memcpy(text, data, size);
        tree->direct.off = true;
        try_json(parser, tree, text, size);
        try_csv(text, size);
    }
    ams_row_parser_destroy(parser);
    ams_row_parser_destroy(tree);
    free(text);
    return 0;
}
