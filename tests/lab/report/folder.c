#include "tests/lab/report/folder.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

void write_text(const char *path, const char *text)
{
    FILE *stream = fopen(path, "wb");
    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    ck_assert_int_eq(fclose(stream), 0);
}

char *read_text(const char *path)
{
    enum { MOST = 1 << 20 };
    FILE *stream = fopen(path, "rb");
    ck_assert_msg(stream != NULL, "no %s", path);
    char *text = calloc(MOST, 1);
    ck_assert_uint_lt(fread(text, 1, MOST - 1, stream), MOST - 1);
    fclose(stream);
    return text;
}

void write_folder(void)
{
    static const char drawing[] =
        "<?xml version='1.0'?><svg viewBox='0 0 9 5' width='9' height='5' "
        "xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'>"
        "<title>Gnuplot</title><defs><circle id='dot' class='mark' r='1'/></defs>"
        "<use xlink:href='#dot' x='1'/><text>a &lt; b</text></svg>";
    mkdir("run", 0777);
    write_text("run/rows.tsv", ROWS);
    write_text("run/experiments.tsv", "experiment\ttitle\tquestion\tfigures\n"
                                      "time\tTime\tHow long?\ta.svg,b.svg\n"
                                      "cost\tCost <b> & |\tWhat?\t-\n");
    write_text("run/notes.tsv", "key\tvalue\nscale\tsmall\ncommit\tabc\nseconds\t83\n"
                                "time-photos\tfinds a dog\n");
    write_text("run/steps.tsv", "step\tseconds\tpeak_mb\tcommand\n"
                                "1\t1.5\t9\tams a\n2\t60\t9\tams b\n3\t2\t9\tams c\n");
    write_text("run/a.svg", drawing);
    write_text("run/b.svg", drawing);
}
