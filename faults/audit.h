// audit.h: which values of a torn word were taken for another one, to be checked.
//
// Where reads decide a torn word, one value of each class stands for the class from
// then on. That the program never tells them apart later, by other code, is a claim.
// An audit keeps the values that were given up. It searches again, and each time the
// program reads a word that holds a value which stands for others, all of them are
// tried: they must lead to the same next events.

#ifndef CP_FAULTS_AUDIT_H
#define CP_FAULTS_AUDIT_H

#include "faults/visited.h"
#include "sim/machine.h"

struct cp_audit_class {
    uint32_t device, word, value; // what stands for
    uint32_t *others;             // these
    uint32_t count, capacity;
};

struct cp_audit_notes {
    struct cp_audit_class *classes;
    uint32_t count, capacity;
    struct cp_visited index; // of classes
    struct cp_visited known; // values noted
    bool has_grown;
};

// Returns 0, or -1 without memory.
int cp_audit_init(struct cp_audit_notes *notes);
void cp_audit_free(struct cp_audit_notes *notes);

// `value` of a word was taken for `other`. Returns 0, or -1 without memory.
int cp_audit_note(struct cp_audit_notes *notes, uint32_t device, uint32_t word, uint32_t value,
                  uint32_t other);

// What `value` of a word stands for, or NULL if it is only itself.
const struct cp_audit_class *cp_audit_look(const struct cp_audit_notes *notes, uint32_t device,
                                           uint32_t word, uint32_t value);

// Make the machine stop at each read of a word that is in the notes.
void cp_audit_watch(const struct cp_audit_notes *notes, struct cp_machine *machine);

#endif
