// gdb_monitor.c: see gdb_monitor.h.

#include "cli/gdb_monitor.h"

#include "faults/trace.h"
#include "sim/arm/debug.h"
#include "sim/nor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct answer {
    char *at;
    size_t left;
};

__attribute__((format(printf, 2, 3))) static void say(struct answer *answer, const char *format,
                                                      ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(answer->at, answer->left, format, arguments);
    va_end(arguments);
    size_t used = length < 0 ? 0 : (size_t)length;
    used = used < answer->left ? used : answer->left - 1;
    answer->at += used;
    answer->left -= used;
}

// --- cut

// Where the power goes after so many cuts; how many cuts the trace has.
static uint32_t find_cut(const char *trace, uint32_t cuts, struct cp_token *cut) {
    char error[CP_MESSAGE_MAX];
    struct cp_token token;
    uint32_t count = 0;
    while (cp_trace_next(&trace, &token, error) > 0) {
        if (token.kind == CP_TOKEN_CHOICE || token.kind == CP_TOKEN_READ) {
            continue;
        }
        if (count++ == cuts) {
            *cut = token;
        }
    }
    return count;
}

static void say_cut(struct answer *answer, const struct cp_token *cut, uint32_t cuts) {
    uint32_t event_index = cut->event_index;
    if (cut->kind == CP_TOKEN_TORN) {
        say(answer, "the power is cut inside event %u:%u, which leaves '%s'\n", cuts, event_index,
            cut->tear);
    } else if (event_index == 0) {
        say(answer, "the power is cut before anything happens\n");
    } else {
        say(answer, "%s after event %u:%u\n",
            cut->kind == CP_TOKEN_RESET ? "the MCU alone is reset" : "the power is cut", cuts,
            event_index);
    }
}

static void say_running(const struct cp_gdb_story *story, struct answer *answer) {
    uint8_t image;
    switch (cp_arm_debug_mode(&image)) {
    case CP_MODE_BOOTLOADER: say(answer, "the bootloader runs"); break;
    case CP_MODE_APPLICATION:
        say(answer, "image '%s' runs", story->test_case->images[image].name);
        break;
    case CP_MODE_DFU: say(answer, "the external DFU mode runs"); break;
    }
}

static void tell_cut(const struct cp_gdb_story *story, struct answer *answer) {
    struct cp_token cut = {0};
    uint32_t cuts = story->last.cuts, cut_count = find_cut(story->trace, cuts, &cut);
    uint32_t events = story->last.event_index;
    say(answer, "power-on %u of %u, ", cuts + 1, cut_count + 1);
    say_running(story, answer);
    say(answer, "; %u event%s so far, the next is %u:%u\n", events, events == 1 ? "" : "s", cuts,
        events + 1);
    if (cuts < cut_count) {
        say_cut(answer, &cut, cuts);
    } else {
        say(answer, "it is not cut any more\n");
    }
}

// --- flash

static const char *const area_names[] = {"bootloader", "STATE", "ACTIVE", "DFU", "FACTORY", "none"};

static void say_word(struct answer *answer, const struct cp_arm_flash_word *word) {
    uint32_t open = word->low ^ word->high;
    if (word->undecided == CP_NOR_UNCORRECTABLE) {
        say(answer, "uncorrectable: reading it raises an exception\n");
    } else if (word->undecided == CP_NOR_WEAK) {
        say(answer, "0x%08x, but weak: it reads erased and holds nothing\n", (unsigned)word->low);
    } else if (open != 0) {
        say(answer, "torn, undecided: 0x%08x in which the bits 0x%08x may be 0 or 1\n",
            (unsigned)word->low, (unsigned)open);
    } else {
        say(answer, "0x%08x\n", (unsigned)word->low);
    }
    if (word->undecided & CP_NOR_DOUBTFUL) {
        say(answer, "torn: it may be uncorrectable\n");
    }
}

// "0x6000", or "1:0x100" of the external chip.
static bool read_place(const char *text, uint32_t *device, uint32_t *address) {
    char *end;
    unsigned long number = strtoul(text, &end, 0);
    *device = 0;
    if (end != text && *end == ':') {
        *device = (uint32_t)number;
        text = end + 1;
        number = strtoul(text, &end, 0);
    }
    *address = (uint32_t)number;
    return end != text && *end == '\0';
}

static void tell_flash(const char *place, struct answer *answer) {
    uint32_t device, address;
    struct cp_arm_flash_word word;
    if (!read_place(place, &device, &address)) {
        say(answer, "which word? Such as: monitor flash 0x6000\n");
        return;
    }
    address &= ~3u;
    if (!cp_arm_debug_flash(device, address, &word)) {
        say(answer, "there is no flash at 0x%x\n", (unsigned)address);
        return;
    }
    say(answer, "0x%08x  area %s  programmed %u time%s since its erase\n", (unsigned)address,
        area_names[word.area], word.programs, word.programs == 1 ? "" : "s");
    say_word(answer, &word);
}

void cp_gdb_monitor(const struct cp_gdb_story *story, const char *line, char *answer_text,
                    size_t size) {
    struct answer answer = {answer_text, size};
    answer_text[0] = '\0';
    if (strcmp(line, "cut") == 0) {
        tell_cut(story, &answer);
    } else if (strncmp(line, "flash", 5) == 0 && (line[5] == ' ' || line[5] == '\0')) {
        tell_flash(line + 5 + (line[5] == ' '), &answer);
    } else {
        say(&answer, "monitor cut            where in the trace this is\n"
                     "monitor flash ADDRESS  what there is to know of a word of flash\n");
    }
}
