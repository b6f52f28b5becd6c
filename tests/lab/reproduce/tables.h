/* The tables of a small recipe in the folder "r": two experiments, three data sets, six steps.
 */
#ifndef AMS_TESTS_LAB_REPRODUCE_TABLES_H
#define AMS_TESTS_LAB_REPRODUCE_TABLES_H

#include "lab/reproduce/recipe.h"

#define STEPS_HEAD "step\tfor\tneeds\twork\tcommand\n"
#define ROWS_HEAD "id\tfor\tstep\tfile\twhere\tother\tcolumns\tnth\tconvert\n"
#define ROW "\t{out}/{name}.tsv\tk=a;l={name}\t-\tmean,low,high\t1\tx100\n"

/* A whole file of any name. */
void write_plain(const char *path, const char *text);
/* r/reproduce/NAME.tsv, or r/expected/papers.tsv. */
void write_table(const char *name, const char *text);
/* All of them. */
void write_recipe(void);
/* Both sets at the small scale; the results' folder is "o ut". */
ams_recipe_options small_recipe(void);

#endif
