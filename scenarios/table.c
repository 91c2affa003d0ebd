// table.c: all keys of a scenario, their types, limits, defaults and meaning.

#include "scenarios/table.h"

#include "faults/case.h"
#include "scenarios/words.h"

#include <string.h>

#define KIB 1024ull
#define MIB (1024ull * KIB)
#define TIB (1024ull * 1024ull * MIB)
#define MS 1000ull
#define SECOND (1000ull * MS)
#define REQUIRED CP_KEY_REQUIRED

// What can be changed of a part; parts.* takes the same.
#define PART_KEYS(part, fixed)                                                                    \
    {.path = part ".size", .type = CP_KEY_SIZE, .flags = fixed, .min = 8,                         \
     .max = 1024 * MIB, .help = "Size of the flash; whole pages, all of one size."},              \
    {.path = part ".erase_size", .type = CP_KEY_SIZE, .flags = fixed, .min = 8, .max = MIB,       \
     .help = "Size of a page; only where all are of one size."},                                  \
    {.path = part ".write_size", .type = CP_KEY_SIZE, .flags = fixed, .min = 1, .max = 512,       \
     .help = "What one operation programs at least; one that the controller knows."},             \
    {.path = part ".erase_value", .type = CP_KEY_HEX, .flags = fixed, .max = 0xFF,                \
     .help = "What an erased byte reads: 0x00 or 0xFF, as the controller has it."},               \
    {.path = part ".rule", .type = CP_KEY_WORD, .flags = fixed, .word = cp_word_rule,             \
     .help = "What a program makes of the old value, and when it may be repeated."},              \
    {.path = part ".programs_per_word", .type = CP_KEY_INTEGER, .flags = fixed, .min = 1,         \
     .max = 255, .help = "Programs of one word between two erases; of `rule: and-counted`."},     \
    {.path = part ".programs_per_block", .type = CP_KEY_INTEGER, .flags = fixed, .min = 1,        \
     .max = 65535, .help = "Programs of words of one block; of `rule: block-counted`."},          \
    {.path = part ".block_size", .type = CP_KEY_SIZE, .flags = fixed, .min = 8, .max = 64 * KIB,  \
     .help = "Size of such a block."},                                                            \
    {.path = part ".ecc", .type = CP_KEY_SIZE, .flags = fixed, .max = 32,                         \
     .help = "Size of a unit of ECC; 0B: none."},                                                 \
    {.path = part ".ecc_read", .type = CP_KEY_WORD, .flags = fixed, .word = cp_word_ecc_read,     \
     .help = "What the read of an uncorrectable word raises; `none` without ECC."},               \
    {.path = part ".faults", .type = CP_KEY_WORDS, .flags = fixed | CP_KEY_OR_NONE, .min = 1,     \
     .word = cp_word_part_fault, .help = "The faults that the part can have."},                   \
    {.path = part ".program_time", .type = CP_KEY_TIME, .flags = fixed, .min = 1, .max = SECOND,  \
     .help = "Time to program one unit (behind SPI: a page of 256 bytes)."},                      \
    {.path = part ".erase_time", .type = CP_KEY_TIME, .flags = fixed, .min = 1,                   \
     .max = 60 * SECOND, .help = "Time to erase one page, of whatever size."},                    \
    {.path = part ".endurance", .type = CP_KEY_INTEGER, .flags = fixed, .min = 1,                 \
     .max = UINT32_MAX, .help = "Erases of each page in its life; listed, not enforced."},        \
    {.path = part ".flash_address", .type = CP_KEY_HEX, .flags = fixed, .max = UINT32_MAX,        \
     .help = "Where the flash is seen in the address space."},                                    \
    {.path = part ".registers_address", .type = CP_KEY_HEX, .flags = fixed, .max = UINT32_MAX,    \
     .help = "Where the controller's registers are."}

#define DEVICE_KEYS(device)                                                                       \
    {.path = device ".part", .type = CP_KEY_PART, .flags = REQUIRED,                              \
     .help = "The part whose flash is simulated. The keys beside it change its facts."},          \
    PART_KEYS(device, 0)

#define AREA_KEYS(area, area_flags, what)                                                         \
    {.path = "layout." area, .type = CP_KEY_MAP, .flags = area_flags, .help = what},              \
    {.path = "layout." area ".at", .type = CP_KEY_OFFSET, .flags = REQUIRED, .max = UINT32_MAX,   \
     .help = "Offset from the start of its device; a page boundary."},                            \
    {.path = "layout." area ".size", .type = CP_KEY_SIZE, .flags = REQUIRED, .min = 1,            \
     .max = UINT32_MAX, .help = "Whole pages of its device."},                                    \
    {.path = "layout." area ".device", .type = CP_KEY_WORD, .word = cp_word_device,               \
     .fallback = "internal", .help = "The device it lies on: `target` or `external`."}

static const struct cp_key keys[] = {
    {.path = "schema", .type = CP_KEY_INTEGER, .flags = REQUIRED | CP_KEY_FIXED, .min = 1, .max = 1,
     .help = "Version of this format."},
    {.path = "name", .type = CP_KEY_NAME, .flags = REQUIRED | CP_KEY_FIXED, .min = 1,
     .max = CP_NAME_MAX - 1, .help = "Unique name: lower case, digits, `-`, and `/` for groups."},
    {.path = "about", .type = CP_KEY_TEXT, .flags = REQUIRED | CP_KEY_FIXED, .min = 1, .max = 400,
     .help = "One sentence on what the scenario shows."},
    {.path = "tags", .type = CP_KEY_LABELS, .min = 1, .max = 16, .help = "Words to select it by."},

    {.path = "parts", .type = CP_KEY_PARTS, .min = 1, .max = CP_USER_PARTS_MAX,
     .help = "Parts of your own, by name."},
    {.path = "parts.*", .type = CP_KEY_MAP, .help = "One part: what it has other than another."},
    {.path = "parts.*.like", .type = CP_KEY_PART, .flags = REQUIRED | CP_KEY_FIXED,
     .help = "The part that has everything else, above all its controller."},
    {.path = "parts.*.about", .type = CP_KEY_TEXT, .flags = CP_KEY_FIXED, .min = 1, .max = 200,
     .help = "One line on it."},
    {.path = "parts.*.family", .type = CP_KEY_TEXT, .flags = CP_KEY_FIXED, .min = 1, .max = 40,
     .help = "The line of parts it is of."},
    PART_KEYS("parts.*", CP_KEY_FIXED),
    {.path = "target", .type = CP_KEY_MAP, .flags = REQUIRED,
     .help = "The internal flash: the device that the bootloader starts from."},
    DEVICE_KEYS("target"),
    {.path = "external", .type = CP_KEY_MAP, .help = "A second flash device."},
    DEVICE_KEYS("external"),
    {.path = "format", .type = CP_KEY_WORD, .word = cp_word_format, .fallback = "seed",
     .help = "How the boot state is kept in STATE."},
    {.path = "strategy", .type = CP_KEY_WORD, .word = cp_word_strategy, .fallback = "swap",
     .help = "Whether `active` and `dfu` are swapped, or are slots `a` and `b` of which either may "
             "run and nothing is copied. `direct` goes with `format: journal`."},

    {.path = "trial", .type = CP_KEY_MAP,
     .help = "How a new image is tried. Of `format: journal`."},
    {.path = "trial.attempts", .type = CP_KEY_INTEGER, .min = 1, .max = 15, .fallback = "1",
     .help = "Trials that may fail before the old image is brought back."},
    {.path = "security", .type = CP_KEY_MAP,
     .help = "What images are checked for. Of `format: journal`."},
    {.path = "security.signed", .type = CP_KEY_BOOLEAN, .fallback = "false",
     .help = "Images are signed, and the bootloader has the public key."},
    {.path = "security.rollback_protection", .type = CP_KEY_BOOLEAN, .fallback = "false",
     .help = "An image with a smaller security counter than the trusted one is refused."},
    {.path = "security.verify_each_boot", .type = CP_KEY_BOOLEAN, .fallback = "false",
     .help = "ACTIVE is verified at each boot, not only before it is tried."},
    {.path = "security.application_verifies", .type = CP_KEY_BOOLEAN, .fallback = "true",
     .help = "The updater verifies an image before it stores a request."},

    {.path = "layout", .type = CP_KEY_MAP, .flags = REQUIRED, .help = "Where everything lies."},
    AREA_KEYS("bootloader", REQUIRED, "The bootloader itself; never written."),
    AREA_KEYS("state", REQUIRED, "The boot state. The format says how large it must be."),
    AREA_KEYS("active", REQUIRED, "The running image."),
    AREA_KEYS("dfu", REQUIRED,
              "The next image; at least one page unit larger than `active`. With "
              "`strategy: direct` slot `b`, of any size."),
    AREA_KEYS("factory", 0, "The image of last resort; never written. Of `format: journal`."),
    {.path = "layout.buffer", .type = CP_KEY_SIZE, .min = 1, .max = CP_BUFFER_SIZE_MAX_BYTES,
     .fallback = "64B", .help = "The copy buffer; divides the page unit."},

    {.path = "images", .type = CP_KEY_IMAGES, .flags = REQUIRED, .min = 1, .max = CP_IMAGES_MAX,
     .help = "The firmware images, by name."},
    {.path = "images.*", .type = CP_KEY_MAP, .help = "One image."},
    {.path = "images.*.size", .type = CP_KEY_SIZE, .flags = REQUIRED, .min = 1, .max = UINT32_MAX,
     .help = "At most the size of `active`, or of its slot; whole words."},
    {.path = "images.*.seed", .type = CP_KEY_INTEGER, .max = UINT32_MAX,
     .help = "Seed of its content; if absent, its position in `images`, from 1."},
    {.path = "images.*.file", .type = CP_KEY_TEXT, .flags = CP_KEY_FIXED, .min = 1, .max = 400,
     .help = "A file with its content, relative to the scenario's, in place of `seed`; the rest up "
             "to `size` is as erased."},
    {.path = "images.*.firmware", .type = CP_KEY_WORD, .word = cp_word_firmware, .fallback = "good",
     .help = "What it does on trial: confirm; fail its self-test; hang; each of the first two; or "
             "erase DFU, request and detach before it is confirmed, and then fail."},
    {.path = "images.*.slot", .type = CP_KEY_WORD, .word = cp_word_slot,
     .help = "With `strategy: direct`: the slot it is linked for."},
    {.path = "images.*.signature", .type = CP_KEY_WORD, .word = cp_word_signature,
     .fallback = "valid", .help = "With `signed`: what it has for a signature."},
    {.path = "images.*.security_counter", .type = CP_KEY_INTEGER, .max = UINT32_MAX,
     .fallback = "0",
     .help = "With `signed`: a version in which a hole is closed has a larger one."},

    {.path = "firmware", .type = CP_KEY_MAP,
     .help = "What `--engine arm` and `--engine both` execute."},
    {.path = "firmware.bootloader", .type = CP_KEY_TEXT, .flags = REQUIRED | CP_KEY_FIXED, .min = 1,
     .max = 400, .help = "The bootloader's ELF, relative to the scenario's file."},

    {.path = "lifecycle", .type = CP_KEY_MAP, .flags = REQUIRED,
     .help = "What the device lives through."},
    {.path = "lifecycle.start", .type = CP_KEY_IMAGE, .flags = REQUIRED,
     .help = "The image in ACTIVE at the start; linked for slot `a`."},
    {.path = "lifecycle.dfu", .type = CP_KEY_IMAGE, .flags = CP_KEY_OR_NONE, .fallback = "none",
     .help = "The image in DFU at the start."},
    {.path = "lifecycle.factory", .type = CP_KEY_IMAGE,
     .help = "The image in FACTORY; if and only if `layout` has it."},
    {.path = "lifecycle.damaged", .type = CP_KEY_WORD, .word = cp_word_damaged,
     .fallback = "none",
     .help = "What holds nothing but noise at the start: ACTIVE in place of `start`, STATE, or "
             "both."},
    {.path = "lifecycle.updates", .type = CP_KEY_SEQUENCE, .flags = REQUIRED, .max = CP_IMAGES_MAX,
     .help = "The updates offered, one after the other, beginning with that to `start`."},
    {.path = "lifecycle.download", .type = CP_KEY_WORD, .word = cp_word_download,
     .fallback = "none",
     .help = "How an image gets into DFU: it is there, DFU is erased first, page by page, "
             "or in pieces out of order that a reset does not lose."},
    {.path = "lifecycle.chunk", .type = CP_KEY_SIZE, .min = 1, .max = 4 * KIB, .fallback = "256B",
     .help = "Size of the pieces of a download."},
    {.path = "lifecycle.after_revert", .type = CP_KEY_WORD, .word = cp_word_after_revert,
     .fallback = "stop", .help = "What an application does whose update was reverted."},
    {.path = "lifecycle.detach", .type = CP_KEY_BOOLEAN, .fallback = "false",
     .help = "Updates are fetched in the external DFU mode."},
    {.path = "lifecycle.dfu_host", .type = CP_KEY_WORD, .word = cp_word_dfu_host,
     .fallback = "present", .help = "Whether somebody sends an image in that mode."},
    {.path = "lifecycle.dfu_timeout", .type = CP_KEY_BOOLEAN, .fallback = "false",
     .help = "Without a host that mode ends with a reset."},

    {.path = "faults", .type = CP_KEY_MAP, .flags = REQUIRED, .help = "What can go wrong."},
    {.path = "faults.model", .type = CP_KEY_WORD, .word = cp_word_fault_model,
     .fallback = "listed",
     .help = "`part`: all the faults that the parts have, but for the keys given beside it; "
             "`listed`: those keys and nothing else."},
    {.path = "faults.cut", .type = CP_KEY_WORD, .word = cp_word_cut,
     .help = "Cut the power before and after each flash operation and milestone. Required, but "
             "with `model: part`."},
    {.path = "faults.during", .type = CP_KEY_WORDS, .flags = CP_KEY_OR_ALL, .min = 1,
     .word = cp_word_phase, .fallback = "all", .help = "What is running when the power is cut."},
    {.path = "faults.torn_program", .type = CP_KEY_WORDS, .flags = CP_KEY_OR_ALL | CP_KEY_OR_NONE,
     .min = 1, .word = cp_word_program_tear, .fallback = "none",
     .help = "Shapes that a program of one word is left in by a cut inside it."},
    {.path = "faults.torn_erase", .type = CP_KEY_WORDS,
     .flags = CP_KEY_OR_ALL | CP_KEY_OR_NONE | CP_KEY_OR_MASKS, .min = 1,
     .word = cp_word_erase_tear, .fallback = "none",
     .help = "Shapes that a page is left in by a cut inside its erase; a mask such as 0x20202020 "
             "names the bits that are erased in every word."},
    {.path = "faults.torn_in", .type = CP_KEY_WORDS, .flags = CP_KEY_OR_ALL, .min = 1,
     .word = cp_word_torn_area, .fallback = "all",
     .help = "The areas whose operations can be torn."},
    {.path = "faults.torn_reads", .type = CP_KEY_WORD, .word = cp_word_torn_reads,
     .fallback = "stable",
     .help = "With `any`: whether the first read of a torn word decides it, or each read of "
             "STATE may differ."},
    {.path = "faults.reset", .type = CP_KEY_BOOLEAN, .fallback = "false",
     .help = "Reset the MCU alone before and after each event; an external chip goes on."},
    {.path = "faults.external_dies", .type = CP_KEY_BOOLEAN, .fallback = "false",
     .help = "The external chip loses its power before the MCU does."},
    {.path = "faults.operation_errors", .type = CP_KEY_WORDS,
     .flags = CP_KEY_OR_ALL | CP_KEY_OR_NONE, .min = 1, .word = cp_word_operation_error,
     .fallback = "none",
     .help = "Programs and erases fail without a power loss, and the controller says so or not."},
    {.path = "faults.errors", .type = CP_KEY_INTEGER, .min = 1, .max = 100, .fallback = "1",
     .help = "Operations that fail in one history."},

    {.path = "explore", .type = CP_KEY_MAP,
     .help = "Bounds. With none reached the result is a proof."},
    {.path = "explore.cuts", .type = CP_KEY_INTEGER, .flags = CP_KEY_OR_UNLIMITED,
     .max = UINT32_MAX - 1, .fallback = "unlimited", .help = "Power losses in one history."},
    {.path = "explore.torn", .type = CP_KEY_INTEGER, .flags = CP_KEY_OR_UNLIMITED,
     .max = UINT32_MAX - 1, .fallback = "unlimited", .help = "Torn operations in one history."},
    {.path = "explore.states", .type = CP_KEY_INTEGER, .flags = CP_KEY_OR_UNLIMITED, .min = 1,
     .max = UINT32_MAX - 1, .fallback = "unlimited", .help = "States in all."},
    {.path = "explore.time", .type = CP_KEY_TIME, .min = SECOND, .max = 7 * 24 * 3600 * SECOND,
     .step = SECOND, .fallback = "10m", .help = "Time budget; whole seconds."},
    {.path = "explore.memory", .type = CP_KEY_SIZE, .min = MIB, .max = 16 * TIB, .fallback = "3GiB",
     .help = "Memory budget: the states that the search knows, and its journal."},
    {.path = "explore.only", .type = CP_KEY_TRACES, .min = 1, .max = 64,
     .help = "No search, but a replay of these traces: `\"a137,a12\"`. What holds on them is "
             "bounded by that."},

    {.path = "properties", .type = CP_KEY_WORDS, .flags = REQUIRED | CP_KEY_OR_ALL, .min = 1,
     .word = cp_word_promise, .help = "The promises that are checked."},
    {.path = "wear", .type = CP_KEY_MAP, .help = "The limit for `bounded-wear`."},
    {.path = "wear.erases_per_update", .type = CP_KEY_INTEGER, .min = 1, .max = 100,
     .fallback = "3",
     .help = "Erases of one page in one update, if the power never fails. With `format: journal` "
             "it is 4 if absent, 1 more for each further attempt, and 2 more with `detach`."},
    {.path = "watchdog", .type = CP_KEY_TIME, .min = 1, .max = 3600 * SECOND,
     .help = "For `progresses`: how long the watchdog waits to be fed."},
    {.path = "uptime", .type = CP_KEY_TIME, .min = 1, .max = 3600 * SECOND,
     .help = "For `progresses`: a power-on that lasts so long gets the device further."},

    {.path = "expect", .type = CP_KEY_MAP, .flags = REQUIRED, .help = "What the scenario claims."},
    {.path = "expect.verdict", .type = CP_KEY_WORD, .flags = REQUIRED, .word = cp_word_verdict,
     .help = "`violated` claims a failure, and turns red when it starts to hold."},
    {.path = "expect.violates", .type = CP_KEY_WORDS, .min = 1, .word = cp_word_promise,
     .help = "The promises that are broken; if and only if the verdict is `violated`."},
    {.path = "expect.because", .type = CP_KEY_TEXT, .flags = CP_KEY_FIXED, .min = 1, .max = 255,
     .help = "The reason; if and only if the verdict is `violated`."},
    {.path = "expect.min_states", .type = CP_KEY_INTEGER, .min = 1, .max = UINT32_MAX,
     .fallback = "1", .help = "Fewer states than this are a failure: nothing was explored."},

    {.path = "matrix", .type = CP_KEY_MATRIX, .min = 1, .max = 8,
     .help = "Dotted keys and the values each takes; every combination is a case of its own."},
};

#define KEY_COUNT (sizeof keys / sizeof keys[0])

const struct cp_key *cp_keys(size_t *count) {
    *count = KEY_COUNT;
    return keys;
}

const char *cp_key_name_below(const struct cp_key *key, const char *parent) {
    size_t length = strlen(parent);
    const char *name = key->path;
    if (length > 0) {
        if (strncmp(key->path, parent, length) != 0 || key->path[length] != '.') {
            return NULL;
        }
        name += length + 1;
    }
    return strchr(name, '.') == NULL ? name : NULL;
}

const struct cp_key *cp_key_child(const char *parent, const char *name) {
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const char *last = cp_key_name_below(&keys[i], parent);
        if (last != NULL && (strcmp(last, name) == 0 || strcmp(last, "*") == 0)) {
            return &keys[i];
        }
    }
    return NULL;
}

static bool part_matches(const char *pattern, size_t pattern_length, const char *part,
                         size_t length) {
    bool is_any = pattern_length == 1 && pattern[0] == '*';
    return (is_any && length > 0) ||
           (pattern_length == length && memcmp(pattern, part, length) == 0);
}

static bool path_matches(const char *pattern, const char *path) {
    for (;;) {
        size_t pattern_length = strcspn(pattern, "."), length = strcspn(path, ".");
        if (!part_matches(pattern, pattern_length, path, length)) {
            return false;
        }
        pattern += pattern_length;
        path += length;
        if (*pattern == '\0' || *path == '\0') {
            return *pattern == *path;
        }
        pattern++;
        path++;
    }
}

const struct cp_key *cp_key_find(const char *path) {
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (path_matches(keys[i].path, path)) {
            return &keys[i];
        }
    }
    return NULL;
}

bool cp_key_suits_matrix(const struct cp_key *key) {
    switch (key->type) {
    case CP_KEY_MAP:
    case CP_KEY_IMAGES:
    case CP_KEY_PARTS:
    case CP_KEY_MATRIX:
    case CP_KEY_LABELS:
    case CP_KEY_SEQUENCE:
    case CP_KEY_TRACES: return false;
    case CP_KEY_WORDS:
        return (key->flags & (CP_KEY_OR_ALL | CP_KEY_OR_NONE)) != 0 &&
               (key->flags & CP_KEY_FIXED) == 0;
    default: return (key->flags & CP_KEY_FIXED) == 0;
    }
}

int cp_key_word_index(const struct cp_key *key, const char *word) {
    for (size_t i = 0; key->word(i) != NULL; i++) {
        if (strcmp(key->word(i), word) == 0) {
            return (int)i;
        }
    }
    return -1;
}
