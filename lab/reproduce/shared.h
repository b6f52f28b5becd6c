/* Steps that other processes share. Private to lab/reproduce. */
#ifndef AMS_LAB_REPRODUCE_SHARED_H
#define AMS_LAB_REPRODUCE_SHARED_H

#include "lab/reproduce/reproduce.h"

/* Opens the claims of the folder, and names the steps. */
ams_status ams_steps_join(ams_reproduction *r, ams_error *err);
/* Which attempts do not count: at what failed, where such steps are wanted, and at steps whose
 * records, which have been read since ams_steps_join, were lost. */
void ams_steps_repeat(ams_reproduction *r);
/* Whether this process may begin the step now: nobody has it, it has not ended, and no process
 * of one that died is still at work on it. Always where steps are not shared. */
bool ams_steps_is_free(const ams_reproduction *r, size_t step);
/* Takes the step and its lock, r->step_lock, which goes to its process. *found: MINE; FREE, if
 * its lock cannot be had at the moment; or what others have made of it. */
ams_status ams_steps_claim(ams_reproduction *r, size_t step, ams_claim_state *found,
                           ams_error *err);
/* Says what became of a step that is ours. */
ams_status ams_steps_told(ams_reproduction *r, size_t step, ams_error *err);
/* Looks at the folder, and gives steps that wait the state that others reported. *failed: one
 * of them failed. */
ams_status ams_steps_hear(ams_reproduction *r, bool *failed, ams_error *err);

#endif
