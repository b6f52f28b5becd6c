/* A small run in a folder of its own, which tests can kill, stop and compare. */
#ifndef AMS_TESTS_RL_RUN_FIXTURE_H
#define AMS_TESTS_RL_RUN_FIXTURE_H

#include "ams/run.h"

#include <signal.h>

typedef struct fixture {
    ams_table table;
    ams_env *env;
    ams_train_options train;
    ams_run_options run;
    ams_run_result result;
    ams_error err;
    uint64_t kill_at; /* 0: never */
    volatile sig_atomic_t stop;
} fixture;

/* Settings that a run has to survive with; set by each test, which is a process. */
enum { PLAIN, WAITING, ALL, PATIENT, REFINING, KINDS };
extern int kind;
extern uint64_t threads;

void fixture_init(fixture *f, const char *folder);
void fixture_fini(fixture *f);
/* A validation that depends on the weights alone. */
ams_status validate(void *context, const ams_net *net, const uint8_t *order, ams_validation *v,
                    ams_error *err);
ams_status train(fixture *f);
char *fresh_folder(void);         /* owned by the caller */
void remove_folder(char *folder); /* and frees its name */
char *whole_run(void);            /* the folder of a run that nothing disturbed */
/* In a child, so that a kill -9 takes only it; its wait status. */
int run_in_child(const char *folder, uint64_t kill_at);
/* Of a folder's file; owned by the caller. */
char *contents(const char *folder, const char *name, size_t *size);
bool same_file(const char *a, const char *b, const char *name);
void assert_same_file(const char *a, const char *b, const char *name);
/* Policy and metrics of two runs have the same bits; removes both folders. */
void assert_same_runs_and_remove(char *expected, char *folder);

#endif
