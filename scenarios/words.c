// words.c: the words that a scenario can choose from.

#include "scenarios/words.h"

#include "faults/case.h"

// A function over a list of words.
#define WORDS(function, ...)                                                                       \
    const char *function(size_t index) {                                                           \
        static const char *const words[] = {__VA_ARGS__};                                          \
        return index < sizeof words / sizeof words[0] ? words[index] : NULL;                       \
    }

WORDS(cp_word_device, "internal", "external")
WORDS(cp_word_format, "seed", "journal")
WORDS(cp_word_strategy, "swap", "direct")
WORDS(cp_word_slot, "a", "b")
WORDS(cp_word_ecc_read, "none", "nmi", "bus-fault")
WORDS(cp_word_firmware, "good", "bad", "hangs", "either", "careless")
WORDS(cp_word_download, "none", "prepare", "as-it-goes", "ranges")
WORDS(cp_word_after_revert, "stop", "retry")
WORDS(cp_word_dfu_host, "absent", "present")
WORDS(cp_word_damaged, "none", "active", "state", "both")
WORDS(cp_word_signature, "valid", "missing", "foreign-key", "bit-flipped", "cut-off")
WORDS(cp_word_fault_model, "listed", "part")
WORDS(cp_word_cut, "none", "every-event")
WORDS(cp_word_phase, "bootloader", "application")
WORDS(cp_word_torn_area, "state", "active", "dfu")
WORDS(cp_word_torn_reads, "stable", "unstable")
WORDS(cp_word_verdict, "proved", "bounded", "violated")

_Static_assert(CP_ECC_NONE == 0 && CP_ECC_NMI == 1 && CP_ECC_BUS_FAULT == 2, "cp_word_ecc_read");
_Static_assert(CP_FIRMWARE_GOOD == 0 && CP_FIRMWARE_BAD == 1, "order of cp_word_firmware");
_Static_assert(CP_FIRMWARE_HANGS == 2 && CP_FIRMWARE_EITHER == 3, "order of cp_word_firmware");
_Static_assert(CP_FIRMWARE_CARELESS == 4, "order of cp_word_firmware");
_Static_assert(CP_DAMAGED_ACTIVE == 1 && CP_DAMAGED_STATE == 2, "order of cp_word_damaged");
_Static_assert(CP_SIGNATURE_VALID == 0 && CP_SIGNATURE_MISSING == 1, "cp_word_signature");
_Static_assert(CP_SIGNATURE_FOREIGN_KEY == 2 && CP_SIGNATURE_BIT_FLIPPED == 3, "cp_word_signature");
_Static_assert(CP_SIGNATURE_CUT_OFF == 4 && CP_SIGNATURE_COUNT == 5, "cp_word_signature");
_Static_assert(CP_DOWNLOAD_NONE == 0 && CP_DOWNLOAD_PREPARE == 1, "order of cp_word_download");
_Static_assert(CP_DOWNLOAD_AS_IT_GOES == 2, "order of cp_word_download");
_Static_assert(CP_DOWNLOAD_RANGES == 3, "order of cp_word_download");
_Static_assert(CP_AFTER_REVERT_STOP == 0 && CP_AFTER_REVERT_RETRY == 1, "cp_word_after_revert");
_Static_assert(CP_PHASE_BOOTLOADER == 0 && CP_PHASE_APPLICATION == 1, "order of cp_word_phase");
_Static_assert(CP_AREA_ACTIVE == CP_AREA_STATE + 1, "order of cp_word_torn_area");
_Static_assert(CP_AREA_DFU == CP_AREA_STATE + 2, "order of cp_word_torn_area");
_Static_assert(CP_VERDICT_PROVED == 0 && CP_VERDICT_BOUNDED == 1, "order of cp_word_verdict");
_Static_assert(CP_VERDICT_VIOLATED == 2, "order of cp_word_verdict");

_Static_assert(CP_TORN_READS_STABLE == 0 && CP_TORN_READS_UNSTABLE == 1, "cp_word_torn_reads");

const char *cp_word_part(size_t index) {
    return index < cp_part_count() ? cp_part_at(index)->name : NULL;
}

const char *cp_word_rule(size_t index) {
    return index <= CP_RULE_OVERWRITE ? cp_program_rule_name((enum cp_program_rule)index) : NULL;
}

const char *cp_word_part_fault(size_t index) {
    return index < CP_PART_FAULT_COUNT ? cp_part_fault_name((uint32_t)index) : NULL;
}

const char *cp_word_program_tear(size_t index) {
    return index < CP_PROGRAM_TEAR_COUNT ? cp_program_tear_name((enum cp_program_tear)index) : NULL;
}

const char *cp_word_erase_tear(size_t index) {
    return index < CP_ERASE_TEAR_COUNT ? cp_erase_tear_name((enum cp_erase_tear)index) : NULL;
}

const char *cp_word_operation_error(size_t index) {
    return index < CP_ERROR_COUNT ? cp_operation_error_name((enum cp_operation_error)index) : NULL;
}

const char *cp_word_promise(size_t index) {
    return index < CP_PROMISE_COUNT ? cp_promise_name((enum cp_promise)index) : NULL;
}
