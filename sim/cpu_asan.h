// cpu_asan.h: tell AddressSanitizer of the program's stack; nothing without it.
//
// It has to know when one stack is left for another, and that what an abandoned
// program left poisoned may be written to. For sim/cpu*.c and sim/arm only.

#ifndef CP_SIM_CPU_ASAN_H
#define CP_SIM_CPU_ASAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// A stack, and where it was left for another.
struct cp_asan_stack {
    const void *bottom;
    size_t size_bytes;
};

#if defined(__SANITIZE_ADDRESS__)

// Just before another stack is taken, and just after: then `from` is set, unless NULL.
void cp_asan_enter_stack(const struct cp_asan_stack *to);
void cp_asan_entered_stack(struct cp_asan_stack *from);

void cp_asan_enter_program(const void *stack, size_t size_bytes); // just before it
void cp_asan_entered_program(void);                               // just after it
void cp_asan_enter_caller(void);
void cp_asan_entered_caller(void);
void cp_asan_unpoison(void *memory, size_t size_bytes);

// The shadow of a piece of live stack belongs to it: restoring one without the other
// would report accesses that are right.
uint8_t *cp_asan_shadow(const void *memory);
size_t cp_asan_shadow_size(size_t size_bytes);

// Copy live stack without leave: it has red zones in it.
void cp_asan_copy(void *to, const void *from, size_t size_bytes);

#else

static inline void cp_asan_enter_stack(const struct cp_asan_stack *to) {
    (void)to;
}
static inline void cp_asan_entered_stack(struct cp_asan_stack *from) {
    (void)from;
}
static inline void cp_asan_enter_program(const void *stack, size_t size_bytes) {
    (void)stack;
    (void)size_bytes;
}
static inline void cp_asan_entered_program(void) {
}
static inline void cp_asan_enter_caller(void) {
}
static inline void cp_asan_entered_caller(void) {
}
static inline void cp_asan_unpoison(void *memory, size_t size_bytes) {
    (void)memory;
    (void)size_bytes;
}
static inline uint8_t *cp_asan_shadow(const void *memory) {
    (void)memory;
    return NULL;
}
static inline size_t cp_asan_shadow_size(size_t size_bytes) {
    (void)size_bytes;
    return 0;
}
static inline void cp_asan_copy(void *to, const void *from, size_t size_bytes) {
    memcpy(to, from, size_bytes);
}

#endif

#endif
