// cpu_asan.c: the words of AddressSanitizer for what cpu_asan.h says; empty without it.

#include "sim/cpu_asan.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

// Locals must stay on the real stack, where they can be hashed; crashes are ours.
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_stack_use_after_return=0:handle_segv=0:handle_sigbus=0:handle_sigfpe=0:"
           "handle_sigill=0:use_sigaltstack=0";
}

void cp_asan_enter_stack(const struct cp_asan_stack *to) {
    __sanitizer_start_switch_fiber(NULL, to->bottom, to->size_bytes);
}

void cp_asan_entered_stack(struct cp_asan_stack *from) {
    struct cp_asan_stack ignored;
    from = from ? from : &ignored;
    __sanitizer_finish_switch_fiber(NULL, &from->bottom, &from->size_bytes);
}

static const void *caller_stack_bottom;
static size_t caller_stack_size_bytes;

void cp_asan_enter_program(const void *stack, size_t size_bytes) {
    __sanitizer_start_switch_fiber(NULL, stack, size_bytes);
}

void cp_asan_entered_program(void) {
    __sanitizer_finish_switch_fiber(NULL, &caller_stack_bottom, &caller_stack_size_bytes);
}

void cp_asan_enter_caller(void) {
    __sanitizer_start_switch_fiber(NULL, caller_stack_bottom, caller_stack_size_bytes);
}

void cp_asan_entered_caller(void) {
    __sanitizer_finish_switch_fiber(NULL, NULL, NULL);
}

void cp_asan_unpoison(void *memory, size_t size_bytes) {
    __asan_unpoison_memory_region(memory, size_bytes);
}

uint8_t *cp_asan_shadow(const void *memory) {
    size_t scale, offset;
    __asan_get_shadow_mapping(&scale, &offset);
    return (uint8_t *)(((uintptr_t)memory >> scale) + offset);
}

size_t cp_asan_shadow_size(size_t size_bytes) {
    return size_bytes / 8;
}

// Byte by byte, and behind the compiler's back, which would call memcpy() for it.
__attribute__((noinline, no_sanitize("address", "undefined"))) void cp_asan_copy(
    void *to, const void *from, size_t size_bytes) {
    for (size_t i = 0; i < size_bytes; i++) {
        ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
        __asm__ volatile("" : : : "memory");
    }
}
#endif
