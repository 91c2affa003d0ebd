// nordic_rig.h: a Nordic part on a machine, and jobs that run on it, for tests of its port
// and of its controller's model.
//
// All of the flash is DFU, so that a job may write everywhere. A job is a function; what it
// did of operations and illegal uses is in a record.

#ifndef CP_TESTS_NORDIC_RIG_H
#define CP_TESTS_NORDIC_RIG_H

#include "tests/unit/machine_life.h"

#include "core/port/mmio.h"
#include "cutproof/flash.h"

#define RIG_NO_OPERATION UINT32_MAX

// What happened in a run.
struct rig_record {
    uint32_t programs, erases, illegal;
    uint32_t last_word;                 // of the last operation
    char message[CP_EVENT_MESSAGE_MAX]; // of the last illegal use or fault
    enum cp_event_kind end;
};

// The call that job_read() and the like make, and what came of it.
static struct {
    const struct cp_flash *flash;
    uint32_t offset_bytes, size_bytes;
    uint8_t data[2048];
    int result;
} rig_call;

static void (*rig_job)(void);
static bool rig_jumps;        // the job ends by starting ACTIVE
static uint32_t rig_not_done; // the operation that silently does nothing, by its number

static void rig_run_job(const struct cp_program_board *board) {
    (void)board;
    rig_job();
    if (rig_jumps) {
        cp_end_jump();
    }
    cp_end_idle();
}

static const struct cp_program rig_program = {
    .abi = CP_PROGRAM_ABI, .name = "rig", .core_hash = "", .bootloader = rig_run_job};

static inline struct cp_machine *rig_machine(const char *part_name) {
    struct cp_machine_config config = {.device_count = 1, .program = &rig_program};
    const struct cp_part *part = cp_part_find(part_name);
    assert_non_null(part);
    config.devices[0] = *part;
    config.cell_size_bytes = part->erase_size_bytes;
    config.board.areas[CP_AREA_DFU] = (struct cp_program_area){0, 0, part->size_bytes};
    rig_jumps = false;
    rig_not_done = RIG_NO_OPERATION;
    return life_create(&config);
}

static inline struct cp_nor *rig_nor(struct cp_machine *machine) {
    return &machine->devices[0].nor;
}

static inline uint32_t rig_word(struct cp_machine *machine, uint32_t offset_bytes) {
    return life_word(machine, 0, offset_bytes / 4);
}

static inline void rig_begin(struct cp_machine *machine, void (*job)(void)) {
    rig_job = job;
    cp_machine_reset(machine, true);
    cp_machine_start(machine, CP_MODE_BOOTLOADER, 0);
}

// Run on to the end, doing each operation but the one that is not done.
static inline struct rig_record rig_finish(struct cp_machine *machine) {
    struct rig_record record = {0};
    for (;;) {
        const struct cp_event *event = cp_machine_run(machine);
        const bool is_operation = event->kind == CP_EVENT_PROGRAM || event->kind == CP_EVENT_ERASE;
        if (is_operation && record.programs + record.erases != rig_not_done) {
            life_apply(machine, event);
        }
        record.programs += event->kind == CP_EVENT_PROGRAM;
        record.erases += event->kind == CP_EVENT_ERASE;
        if (is_operation) {
            record.last_word = event->word;
        } else {
            memcpy(record.message, event->message, sizeof(record.message));
            record.illegal += event->kind == CP_EVENT_ILLEGAL;
        }
        if (!is_operation && event->kind != CP_EVENT_ILLEGAL) {
            record.end = event->kind;
            return record;
        }
    }
}

static inline struct rig_record rig_run(struct cp_machine *machine, void (*job)(void)) {
    rig_begin(machine, job);
    return rig_finish(machine);
}

static inline void job_read(void) {
    rig_call.result = rig_call.flash->read(rig_call.flash, rig_call.offset_bytes, rig_call.data,
                                           rig_call.size_bytes);
}

static inline void job_program(void) {
    rig_call.result = rig_call.flash->program(rig_call.flash, rig_call.offset_bytes, rig_call.data,
                                              rig_call.size_bytes);
}

static inline void job_erase(void) {
    rig_call.result = rig_call.flash->erase(rig_call.flash, rig_call.offset_bytes);
}

// A port call; no illegal use is allowed to come of it.
static inline struct rig_record rig_use(struct cp_machine *machine, const struct cp_flash *flash,
                                        void (*job)(void), uint32_t offset_bytes,
                                        uint32_t size_bytes) {
    rig_call.flash = flash;
    rig_call.offset_bytes = offset_bytes;
    rig_call.size_bytes = size_bytes;
    rig_call.result = 1;
    struct rig_record record = rig_run(machine, job);
    if (record.illegal > 0 || record.end != CP_EVENT_IDLE) {
        fail_msg("%s", record.message);
    }
    return record;
}

static inline void rig_fill_data(void) {
    for (uint32_t i = 0; i < sizeof(rig_call.data); i++) {
        rig_call.data[i] = (uint8_t)(i * 37 + i / 256 + 5);
    }
}

// Is the flash what rig_fill_data() made?
static inline void rig_check_data(struct cp_machine *machine, uint32_t offset_bytes,
                                  uint32_t size_bytes) {
    for (uint32_t i = 0; i < size_bytes; i++) {
        const uint32_t word = rig_word(machine, offset_bytes + i);
        assert_int_equal((uint8_t)(word >> 8 * ((offset_bytes + i) % 4)), rig_call.data[i]);
    }
}

// A job on a new machine of a part is illegal once, with these words in the message, and
// does so many operations.
static inline void rig_expect_illegal(const char *part_name, void (*job)(void), const char *message,
                                      uint32_t operations) {
    struct cp_machine *machine = rig_machine(part_name);
    const struct rig_record record = rig_run(machine, job);
    if (record.illegal != 1 || !strstr(record.message, message)) {
        fail_msg("%u illegal, '%s' for '%s'", record.illegal, record.message, message);
    }
    assert_int_equal(record.programs + record.erases, operations);
    cp_machine_destroy(machine);
}

// A job on a new machine is legal and does so many operations.
static inline void rig_expect_legal(const char *part_name, void (*job)(void), uint32_t operations) {
    struct cp_machine *machine = rig_machine(part_name);
    const struct rig_record record = rig_run(machine, job);
    if (record.illegal != 0) {
        fail_msg("%s", record.message);
    }
    assert_int_equal(record.end, CP_EVENT_IDLE);
    assert_int_equal(record.programs + record.erases, operations);
    cp_machine_destroy(machine);
}

static inline void rig_expect_fault(const char *part_name, void (*job)(void), const char *message) {
    struct cp_machine *machine = rig_machine(part_name);
    const struct rig_record record = rig_run(machine, job);
    assert_int_equal(record.end, CP_EVENT_CRASH);
    assert_non_null(strstr(record.message, message));
    cp_machine_destroy(machine);
}

#endif
