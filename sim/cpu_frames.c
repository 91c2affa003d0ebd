// cpu_frames.c: the call chain of a program on its stack.
//
// On x86 and AArch64 a frame pointer points to two words: the caller's frame
// pointer and the return address. Elsewhere frames differ, and none are told.

#include "sim/cpu_seam.h"

#include "sim/cpu_asan.h"

#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__)
#define FRAMES_ARE_KNOWN true
#else
#define FRAMES_ARE_KNOWN false
#endif

#if defined(__aarch64__)
// A compiler may be set to sign return addresses; this takes the signature off, and
// does nothing on a CPU that cannot sign (it is a hint: xpaclri).
static uintptr_t without_signature(uintptr_t address) {
    register uintptr_t link __asm__("x30") = address;
    __asm__("hint #7" : "+r"(link));
    return link;
}
#else
static uintptr_t without_signature(uintptr_t address) {
    return address;
}
#endif

static bool is_on_stack(const struct cp_cpu *cpu, uintptr_t pointer, size_t size_bytes) {
    return pointer >= (uintptr_t)cpu->stack && pointer <= (uintptr_t)cpu->top - size_bytes &&
           pointer % sizeof(uintptr_t) == 0;
}

uint32_t cp_cpu_frames(const struct cp_cpu *cpu, const void *frame, uintptr_t *frames,
                       uint32_t max) {
    uint32_t count = 0;
    uintptr_t pointer = (uintptr_t)frame;
    uintptr_t words[2]; // the caller's frame pointer and the return address
    while (FRAMES_ARE_KNOWN && count < max && is_on_stack(cpu, pointer, sizeof(words))) {
        cp_asan_copy(words, (const void *)pointer, sizeof(words));
        if (words[1] == 0 || words[0] <= pointer) {
            break;
        }
        frames[count++] = without_signature(words[1]);
        pointer = words[0];
    }
    return count;
}
