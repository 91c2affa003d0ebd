// shadow.h: two builds of one program, in step on one flash.
//
// The explorer sees one machine. Its shadow is another one, with a CPU and controllers of
// its own and the same flash, on which another build of the program runs: whenever the
// first has come to its next event, the second is run to its next one, and both have to be
// the same. So wherever the explorer leads the first, every operation of the second is
// compared, in every state that both can be in together; the volatile state of the two
// is one.

#ifndef CP_SIM_SHADOW_H
#define CP_SIM_SHADOW_H

#include "sim/machine.h"

// Make the shadow for config.program->shadow. 0, or -1 with a message.
int cp_shadow_create(struct cp_machine *machine, char *error);
void cp_shadow_destroy(struct cp_machine *machine);

// The machine has come to an event, after `answer` was given to the one before. Let the shadow
// come to its own. If that is another, the machine's becomes CP_EVENT_CRASH that says so.
void cp_shadow_follow(struct cp_machine *machine, uint32_t answer);

struct cp_hash cp_shadow_hash(const struct cp_machine *machine);

// NULL without memory.
struct cp_machine_snapshot *cp_shadow_keep(const struct cp_machine *machine);

// --- of machine.c, for the shadow's own use

void cp_machine_run_alone(struct cp_machine *machine);

#endif
