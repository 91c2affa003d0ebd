// case.h: one case, fully resolved: the machine, the script, the faults, the
// bounds and what is expected. The scenario loader makes it; the explorer runs it.

#ifndef CP_FAULTS_CASE_H
#define CP_FAULTS_CASE_H

#include "sim/part.h"
#include "sim/program.h"

#define CP_NAME_MAX      96u
#define CP_TAGS_MAX      256u
#define CP_UNLIMITED     UINT32_MAX
#define CP_BIT_MASKS_MAX 8u

// The promises, in the order of docs/SPEC.md. cp_promise_name() gives their ids.
enum cp_promise {
    CP_PROMISE_BOOTABLE,
    CP_PROMISE_RESUMES,
    CP_PROMISE_UPDATE_COMPLETES,
    CP_PROMISE_NO_PHANTOM_UPDATE,
    CP_PROMISE_TRIAL_HAPPENS,
    CP_PROMISE_UNCONFIRMED_REVERTS,
    CP_PROMISE_CONFIRMED_STAYS,
    CP_PROMISE_TELLS_TRUTH,
    CP_PROMISE_LEGAL_FLASH_USE,
    CP_PROMISE_BOUNDED_WEAR,
    CP_PROMISE_PROGRESSES,
    CP_PROMISE_AUTHENTIC,
    CP_PROMISE_NO_DOWNGRADE,
    CP_PROMISE_LAST_RESORT,
    CP_PROMISE_ERROR_SAFE,
    CP_PROMISE_COUNT
};

const char *cp_promise_name(enum cp_promise promise);

// A promise in a sentence, for people.
const char *cp_promise_text(enum cp_promise promise);

// How a program of one write unit can be torn: which of the bits that were to
// change did change. How a page erase can be torn: which words are erased, or
// for the bit shapes which bits of every word. docs/SPEC.md, "Fault model".
enum cp_program_tear {
    CP_TEAR_BYTES_1, // the first byte only, in address order
    CP_TEAR_BYTES_2,
    CP_TEAR_BYTES_3,
    CP_TEAR_LOW_HALF, // the low 16 bits (on a little-endian word the same as two bytes)
    CP_TEAR_HIGH_HALF,
    CP_TEAR_EVEN_BITS,
    CP_TEAR_ODD_BITS,
    CP_TEAR_LOW_NIBBLES,
    CP_TEAR_HIGH_NIBBLES,
    CP_TEAR_LOWEST_BIT_MISSING,  // all but the lowest bit that should have changed
    CP_TEAR_HIGHEST_BIT_MISSING, // all but the highest
    CP_PROGRAM_SHAPE_COUNT,
    CP_TEAR_ANY = CP_PROGRAM_SHAPE_COUNT, // undecided until it is read: each bit changed or not
    CP_TEAR_UNCORRECTABLE,                // of a part with ECC
    CP_PROGRAM_TEAR_COUNT
};

enum cp_erase_tear {
    CP_TEAR_FIRST_HALF, // words in the first half of the page are erased, the rest untouched
    CP_TEAR_SECOND_HALF,
    CP_TEAR_EVEN_WORDS,
    CP_TEAR_ODD_WORDS,
    CP_TEAR_ONLY_FIRST_WORD,
    CP_TEAR_ALL_BUT_FIRST_WORD,
    CP_TEAR_ERASE_EVEN_BITS, // in every word, the even bits are erased, the rest untouched
    CP_TEAR_ERASE_ODD_BITS,
    CP_TEAR_ERASE_LOW_NIBBLES,
    CP_TEAR_ERASE_HIGH_NIBBLES,
    CP_ERASE_SHAPE_COUNT,
    // Undecided until it is read: each bit as it was or erased / each bit 0 or 1.
    CP_TEAR_ERASE_ANY_SUBSET = CP_ERASE_SHAPE_COUNT,
    CP_TEAR_ERASE_ANY,
    CP_TEAR_ERASE_WEAK,          // it reads erased, and holds nothing that is programmed
    CP_TEAR_ERASE_UNCORRECTABLE, // of a part with ECC: all of it
    CP_ERASE_TEAR_COUNT
};

// What reading an undecided word does to it.
enum cp_torn_reads {
    CP_TORN_READS_STABLE,   // the first read decides it
    CP_TORN_READS_UNSTABLE, // each read of STATE may differ, until the word is erased
};

const char *cp_program_tear_name(enum cp_program_tear tear); // "bytes-1", "low-half", ...
const char *cp_erase_tear_name(enum cp_erase_tear tear);     // "first-half", ...

// When a cut may happen, by what is running.
enum cp_phase { CP_PHASE_BOOTLOADER, CP_PHASE_APPLICATION, CP_PHASE_COUNT };

// How an operation fails, without a power loss. What it leaves is nothing done, or for a
// program half of it.
enum cp_operation_error {
    CP_ERROR_REPORTED, // the controller says so
    CP_ERROR_SILENT,   // it does not
    CP_ERROR_COUNT
};

const char *cp_operation_error_name(enum cp_operation_error error); // "reported", "silent"

struct cp_fault_model {
    bool cut;               // cut before and after each operation and milestone
    uint32_t cut_phases;    // bit per enum cp_phase
    uint32_t program_tears; // bit per enum cp_program_tear
    uint32_t erase_tears;   // bit per enum cp_erase_tear
    uint32_t torn_areas;    // bit per enum cp_area in which operations can be torn
    enum cp_torn_reads torn_reads;
    // The MCU is reset without a power loss, before and after each event: its watchdog, or
    // whatever. An external chip stays as it is, and goes on with what it was doing.
    bool reset;
    // The external chip loses its power first: from some operation of it on it does nothing
    // more, while the MCU runs on, until the power goes for the MCU too.
    bool external_dies;
    uint32_t operation_errors; // bit per enum cp_operation_error
    uint32_t errors_max;       // operations that fail in one history
    // More torn erases: in every word these bits are erased, the rest untouched.
    uint32_t erase_bit_masks[CP_BIT_MASKS_MAX];
    uint32_t erase_bit_mask_count;
};

// CP_UNLIMITED where there is no bound.
struct cp_bounds {
    uint32_t cuts_max; // power losses in one history
    uint32_t torn_max; // of which inside an operation
    uint32_t states_max;
    uint32_t seconds_max;
    uint64_t memory_max_bytes; // 0: CP_MEMORY_MAX_BYTES
    // Not a search, but these traces and no other, a line each; NULL: a search.
    const char *only;
};

// What one search may take unless told otherwise: the states it knows, and its journal.
#define CP_MEMORY_MAX_BYTES ((uint64_t)3 << 30)

enum cp_verdict { CP_VERDICT_PROVED, CP_VERDICT_BOUNDED, CP_VERDICT_VIOLATED, CP_VERDICT_ERROR };

const char *cp_verdict_name(enum cp_verdict verdict); // "PROVED", ...

struct cp_expect {
    enum cp_verdict verdict;
    uint32_t violates; // bit per promise that the case claims to be broken
    char because[256]; // the reason, when it claims that
    uint32_t states_min;
};

// What an image has for a signature, where images are signed.
enum cp_signature {
    CP_SIGNATURE_VALID,
    CP_SIGNATURE_MISSING,
    CP_SIGNATURE_FOREIGN_KEY, // whole and right, of somebody else's key
    CP_SIGNATURE_BIT_FLIPPED, // a bit of the image was changed after it was signed
    CP_SIGNATURE_CUT_OFF,     // its end is missing
    CP_SIGNATURE_COUNT
};

// What of a device is found damaged as it is delivered.
enum { CP_DAMAGED_ACTIVE = 1, CP_DAMAGED_STATE = 2 };

struct cp_image {
    char name[32];
    uint32_t size_bytes;
    uint64_t seed; // of its pseudo-random content; of a file the hash of what is in it
    const char *file; // with its content; NULL: there is none
    enum cp_firmware firmware;
    uint8_t next;
    // Where images are signed:
    enum cp_signature signature;
    uint32_t security_counter;
    enum cp_area slot; // of a case that is direct: where it is linked to run, ACTIVE or DFU
};

struct cp_case {
    char name[CP_NAME_MAX]; // scenario name, with the matrix choice in brackets if there is one
    char file[256];         // the scenario file as given
    uint32_t line;
    // What the ARM engine executes: the bootloader's ELF, or NULL. The hash is that of what of
    // it is flashed, where that was looked at.
    const char *firmware;
    uint64_t firmware_hash;
    char tags[CP_TAGS_MAX];                 // each between commas: ",smoke,seed,"
    struct cp_part devices[CP_DEVICES_MAX]; // with the scenario's overrides applied
    uint32_t device_count;
    struct cp_program_area areas[CP_AREA_COUNT];
    struct cp_image images[CP_IMAGES_MAX];
    uint32_t image_count;
    uint8_t start_image;   // in ACTIVE at the start
    uint8_t dfu_image;     // in DFU at the start, or CP_IMAGE_NONE
    uint8_t factory_image; // in FACTORY, if there is one
    uint8_t damaged;       // bit per CP_DAMAGED_; ACTIVE does not hold the start image then
    uint32_t buffer_size_bytes;
    uint32_t chunk_size_bytes;
    char format[16];
    bool is_direct;          // of the format journal: ACTIVE and DFU are slots, nothing is copied
    bool tells_reset_cause;  // of the format journal: a boot is told who caused the reset
    uint32_t trial_attempts; // failed trials before a revert; 0 counts as 1
    enum cp_download_way download;
    enum cp_after_revert after_revert;
    bool detach;
    bool dfu_host_present;
    bool dfu_mode_times_out; // without a host it ends with a reset
    // Images are signed, and the bootloader has the key. It refuses a counter that is too
    // small; it checks ACTIVE at each boot; the application checks before it requests.
    bool is_signed, has_rollback_protection, verifies_each_boot, application_verifies;
    struct cp_fault_model faults;
    struct cp_bounds bounds;
    uint32_t promises;              // bit per promise that is checked
    uint32_t erases_per_update_max; // for bounded-wear
    // For progresses: how long the watchdog waits to be fed, and how long each power-on
    // must last at least for the device to get somewhere. 0: none is set.
    uint32_t watchdog_us, uptime_max_us;
    struct cp_expect expect;
};

#endif
