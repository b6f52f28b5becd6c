/* Steps that other processes share. Private to lab/reproduce. */
#ifndef AMS_LAB_REPRODUCE_SHARED_H
#define AMS_LAB_REPRODUCE_SHARED_H

#include "lab/reproduce/reproduce.h"

/* Opens the claims of the folder, and names the steps. */
ams_status ams_steps_join(ams_reproduction *r, ams_error *err);
/* Takes the step, or says that another process has it. */
ams_status ams_steps_claim(ams_reproduction *r, size_t step, bool *mine, ams_error *err);
/* Says what became of a step that is ours. */
ams_status ams_steps_told(ams_reproduction *r, size_t step, ams_error *err);
/* Looks at the folder, and gives steps that wait the state that others reported. *failed: one
 * of them failed. */
ams_status ams_steps_hear(ams_reproduction *r, bool *failed, ams_error *err);

#endif
