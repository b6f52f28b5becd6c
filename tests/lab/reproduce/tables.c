#include "tests/lab/reproduce/tables.h"

#include "base/file.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

typedef struct recipe_table {
    const char *name, *text;
} recipe_table;

static const recipe_table good[] = {
    {"experiments", "experiment\ttitle\tquestion\none\tOne\tWhat?\ntwo\tTwo\tWhy?\n"},
    {"sets",
     "name\tset\tdata\tother\nphotos\tphotos\tp.h5\t-\nsea\tsynthetic\t{out}/sea.h5\tp\n"
     "lake\tsynthetic\t{out}/lake.h5\tq\n"},
    {"scales", "key\tsmall\tpaper\tmeaning\nseeds\t2\t3\tmany\nsteps\t10\t100\tlong\n"},
    {"steps",
     STEPS_HEAD "make-{name}\tsea lake\t-\tsteps\tmake {data} seeds={seeds}\n"
                "use-{name}\tsea lake\tmake-{name}\tseeds steps\tuse --p=x{seed} {other}\n"
                "idle-{name}\tsea\tuse-{name}\t-\tidle\n"
                "see-{name}\tphotos\t-\t-\tsee {data}\n"},
    {"rows", ROWS_HEAD "x\tsea lake\tuse-{name}" ROW "y_{name}\tphotos\tsee-{name}" ROW},
    {"figures", "experiment\tfor\tstep\tfile\ntwo\tphotos\tsee-{name}\tf/{name}.svg\n"},
    {"choices", "choice\toption\tfor\tmeasure\tunit\tbetter\thow\tstep\tfile\twhere\tother\t"
                "columns\tnth\tconvert\n"},
    {"why", "id\tset\tverdict\twhy\nx\tsynthetic\tdiffers\tSo it is.\n"},
    {"seconds", "step\tseconds\nmake-sea\t1\nuse-sea\t10\nmake-lake\t2\n"},
    {"papers", "id\texperiment\tquantity\tunit\tlow\thigh\tneutral\tsource\n"
               "x\tone\thow x\t%\t5\t7\t0\there\ny_photos\ttwo\thow y\t%\t-\t3\t-\there\n"},
};

void write_plain(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_msg(file != NULL, "%s", path);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

void write_table(const char *name, const char *text)
{
    char path[128];
    ams_error err = {0};
    bool papers = strcmp(name, "papers") == 0;
    ck_assert_int_eq(ams_make_directories("r/reproduce", &err), AMS_OK);
    ck_assert_int_eq(ams_make_directories("r/expected", &err), AMS_OK);
    snprintf(path, sizeof path, "r/%s/%s.tsv", papers ? "expected" : "reproduce", name);
    write_plain(path, text);
}

void write_recipe(void)
{
    for (size_t k = 0; k < sizeof good / sizeof *good; k++) {
        write_table(good[k].name, good[k].text);
    }
}

ams_recipe_options small_recipe(void)
{
    return (ams_recipe_options){.folder = "r",
                                .out = "o ut",
                                .device = "cpu",
                                .scale = "small",
                                .photos = true,
                                .synthetic = true};
}
