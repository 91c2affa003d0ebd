// checkpoint.h: what a search that stopped early knows, in a file, to go on from.
//
// Kept are the states and runs that have been explored to their end. What is on the
// present path is left out: its states and places are open. So a search that begins
// again with the file walks down the same path, since there only what is open is not
// known, and goes on where the other one stopped. Open states keep their ids.
//
// The file is raw memory: of use only to the same case, program and build.

#ifndef CP_FAULTS_CHECKPOINT_H
#define CP_FAULTS_CHECKPOINT_H

#include "faults/explorer.h"

// Write what is known, by way of a file aside. Returns 0, or -1 if it cannot be
// written: then there is no file.
int cp_checkpoint_save(const struct cp_explorer *x, const struct cp_program *program,
                       const char *path);

// Fill a search that has just been set up. Returns 0, or -1 with a message in
// x->result->error if the file cannot be read or belongs to another search.
int cp_checkpoint_load(struct cp_explorer *x, const struct cp_program *program, const char *path);

#endif
