// port_rig.h: a real part with its controller, and a program that is one function.
//
// For tests of ports and of models by hand-written register sequences: a job runs as the
// bootloader, operations are done as asked or as the test says, and what came of it is counted.

#ifndef CP_TESTS_PORT_RIG_H
#define CP_TESTS_PORT_RIG_H

#include "machine_life.h"

#include "core/port/mmio.h"
#include "cutproof/flash.h"

#define RIG_DATA_MAX_BYTES 128u

// The machine that is tested, and the call that its program makes.
static struct {
    struct cp_machine *machine;
    struct cp_part part;
    struct cp_flash flash;
    void (*job)(void);
    uint32_t offset_bytes, size_bytes;
    uint8_t data[RIG_DATA_MAX_BYTES];
    int result;
    uint32_t seen[8];      // what a job has read
    bool starts_active;    // the job ends by starting ACTIVE
    enum cp_done answer;   // to each operation
    uint32_t undone_after; // operations from this one on get `answer`, and are not done
} rig;

// What came of a run.
struct rig_record {
    uint32_t programs, erases, illegal;
    uint32_t first_word, last_word; // of the operations
    char message[CP_EVENT_MESSAGE_MAX];
    enum cp_event_kind end;
};

static void rig_run_job(const struct cp_program_board *board) {
    (void)board;
    rig.job();
    if (rig.starts_active) {
        cp_end_jump();
    }
    cp_end_idle();
}

static const struct cp_program rig_program = {
    .abi = CP_PROGRAM_ABI, .name = "port rig", .core_hash = "", .bootloader = rig_run_job};

// The first page is the bootloader's; the rest may be written to.
static inline void rig_open_part(const struct cp_part *part) {
    memset(&rig, 0, sizeof(rig));
    rig.part = *part;
    rig.undone_after = UINT32_MAX;
    struct cp_machine_config config = {
        .device_count = 1, .cell_size_bytes = part->erase_size_bytes, .program = &rig_program};
    config.devices[0] = *part;
    const uint32_t page_bytes = part->erase_size_bytes;
    struct cp_program_area *areas = config.board.areas;
    areas[CP_AREA_BOOTLOADER] = (struct cp_program_area){0, 0, page_bytes};
    areas[CP_AREA_DFU] = (struct cp_program_area){0, page_bytes, part->size_bytes - page_bytes};
    rig.machine = life_create(&config);
}

static inline void rig_open(const char *part_name) {
    const struct cp_part *part = cp_part_find(part_name);
    assert_non_null(part);
    rig_open_part(part);
}

static inline int rig_close(void **state) {
    (void)state;
    cp_machine_destroy(rig.machine);
    rig.machine = NULL;
    return 0;
}

static inline uint32_t rig_word(uint32_t offset_bytes) {
    return life_word(rig.machine, 0, offset_bytes / 4);
}

static inline void rig_spoil(uint32_t offset_bytes) {
    struct cp_nor *nor = &rig.machine->devices[0].nor;
    const uint32_t word = offset_bytes / 4, cell = word / nor->words_per_cell;
    const struct cp_hash begun = cp_nor_begin_cell(nor, cell);
    cp_nor_put_uncorrectable(nor, word, 1);
    cp_nor_end_cell(nor, cell, begun);
}

static inline void rig_note_operation(struct rig_record *record, const struct cp_event *event) {
    if (record->programs + record->erases == 0) {
        record->first_word = event->word;
    }
    record->last_word = event->word;
    record->programs += event->kind == CP_EVENT_PROGRAM;
    record->erases += event->kind == CP_EVENT_ERASE;
}

static inline struct rig_record rig_finish(void) {
    struct rig_record record = {0};
    for (;;) {
        const struct cp_event *event = cp_machine_run(rig.machine);
        if (event->kind == CP_EVENT_PROGRAM || event->kind == CP_EVENT_ERASE) {
            rig_note_operation(&record, event);
            const bool is_done = record.programs + record.erases <= rig.undone_after;
            cp_machine_answer(rig.machine, is_done ? CP_DONE : rig.answer);
            if (is_done) {
                life_apply(rig.machine, event);
            }
            continue;
        }
        if (event->kind != CP_EVENT_ILLEGAL) {
            record.end = event->kind;
            if (record.illegal == 0) {
                memcpy(record.message, event->message, sizeof(record.message));
            }
            return record;
        }
        record.illegal++;
        memcpy(record.message, event->message, sizeof(record.message));
    }
}

// On a part that was just reset, or goes on where the last job ended.
static inline struct rig_record rig_go_on(void (*job)(void)) {
    rig.job = job;
    cp_machine_start(rig.machine, CP_MODE_BOOTLOADER, 0);
    return rig_finish();
}

static inline struct rig_record rig_run(void (*job)(void)) {
    cp_machine_reset(rig.machine, true);
    return rig_go_on(job);
}

// --- jobs of a port

static void rig_job_read(void) {
    rig.result = rig.flash.read(&rig.flash, rig.offset_bytes, rig.data, rig.size_bytes);
}

static void rig_job_program(void) {
    rig.result = rig.flash.program(&rig.flash, rig.offset_bytes, rig.data, rig.size_bytes);
}

static void rig_job_erase(void) {
    rig.result = rig.flash.erase(&rig.flash, rig.offset_bytes);
}

static inline void rig_fill_data(void) {
    for (uint32_t i = 0; i < RIG_DATA_MAX_BYTES; i++) {
        rig.data[i] = (uint8_t)(i * 37 + 5);
    }
}

static inline struct rig_record rig_call(void (*job)(void), uint32_t offset_bytes,
                                         uint32_t size_bytes) {
    rig.offset_bytes = offset_bytes;
    rig.size_bytes = size_bytes;
    rig.result = 1;
    return rig_run(job);
}

// A call that uses the flash legally and gives this result; returns how many operations.
static inline uint32_t rig_expect(void (*job)(void), uint32_t offset_bytes, uint32_t size_bytes,
                                  int result) {
    rig.starts_active = true; // the interface must be closed after it
    const struct rig_record record = rig_call(job, offset_bytes, size_bytes);
    rig.starts_active = false;
    if (record.illegal > 0 || record.end != CP_EVENT_JUMP) {
        fail_msg("illegal %u end %d: %s", record.illegal, record.end, record.message);
    }
    assert_int_equal(rig.result, result);
    return record.programs + record.erases;
}

// --- what every port owes

// Program at an offset, read back, erase its page; nothing else changes.
static inline void rig_check_round(uint32_t offset_bytes) {
    const uint32_t unit_bytes = rig.flash.write_size_bytes;
    const uint32_t page_bytes = rig.flash.erase_size_bytes;
    uint8_t expected[RIG_DATA_MAX_BYTES];
    rig_fill_data();
    memcpy(expected, rig.data, sizeof(expected));
    assert_int_equal(rig_expect(rig_job_program, offset_bytes, 2 * unit_bytes, CP_OK), 2);
    memset(rig.data, 0, sizeof(rig.data));
    assert_int_equal(rig_expect(rig_job_read, offset_bytes + 1, 2 * unit_bytes - 2, CP_OK), 0);
    assert_memory_equal(rig.data, expected + 1, 2 * unit_bytes - 2);
    const uint32_t page_at = offset_bytes - offset_bytes % page_bytes;
    const uint32_t other = rig_word(page_at - 4);
    assert_int_equal(rig_expect(rig_job_erase, page_at, 0, CP_OK), 1);
    assert_int_equal(rig_word(offset_bytes), 0xFFFFFFFF);
    assert_int_equal(rig_word(page_at - 4), other);
}

static inline void rig_check_refusals(void) {
    const uint32_t size_bytes = rig.flash.size_bytes, unit_bytes = rig.flash.write_size_bytes;
    const uint32_t page_bytes = rig.flash.erase_size_bytes;
    assert_int_equal(rig_expect(rig_job_read, size_bytes, 1, CP_ERR_BOUNDS), 0);
    assert_int_equal(rig_expect(rig_job_read, UINT32_MAX - 3, 8, CP_ERR_BOUNDS), 0);
    assert_int_equal(rig_expect(rig_job_program, size_bytes, unit_bytes, CP_ERR_BOUNDS), 0);
    assert_int_equal(
        rig_expect(rig_job_program, page_bytes + unit_bytes / 2, unit_bytes, CP_ERR_ALIGNMENT), 0);
    assert_int_equal(
        rig_expect(rig_job_program, page_bytes, unit_bytes + unit_bytes / 2, CP_ERR_ALIGNMENT), 0);
    assert_int_equal(rig_expect(rig_job_program, page_bytes, 0, CP_OK), 0);
    assert_int_equal(rig_expect(rig_job_erase, size_bytes, 0, CP_ERR_BOUNDS), 0);
    assert_int_equal(rig_expect(rig_job_erase, page_bytes + unit_bytes, 0, CP_ERR_ALIGNMENT), 0);
}

// Operations that fail in each way, and words that cannot be read.
static inline void rig_check_failures(enum cp_done answer) {
    const uint32_t page_bytes = rig.flash.erase_size_bytes;
    rig_fill_data();
    rig.answer = answer;
    rig.undone_after = 1;
    assert_int_equal(rig_expect(rig_job_program, page_bytes, 64, CP_ERR_FLASH),
                     answer == CP_DONE_REPORTED ? 2 : 64 / rig.flash.write_size_bytes);
    rig.undone_after = 0;
    assert_int_equal(rig_expect(rig_job_erase, page_bytes, 0, CP_ERR_FLASH), 1);
    assert_int_not_equal(rig_word(page_bytes), 0xFFFFFFFF);
    rig.undone_after = UINT32_MAX;
    assert_int_equal(rig_expect(rig_job_erase, page_bytes, 0, CP_OK), 1);
}

static inline void rig_check_uncorrectable(uint32_t offset_bytes) {
    rig_spoil(offset_bytes + 8);
    assert_int_equal(rig_expect(rig_job_read, offset_bytes, 8, CP_OK), 0);
    assert_int_equal(rig_expect(rig_job_read, offset_bytes, 9, CP_ERR_FLASH), 0);
    rig.job = rig_job_read; // once more without a reset: the flags are clear again
    assert_int_equal(rig_go_on(rig_job_read).illegal, 0);
    assert_int_equal(rig.result, CP_ERR_FLASH);
    const uint32_t page_at = offset_bytes - offset_bytes % rig.flash.erase_size_bytes;
    assert_int_equal(rig_expect(rig_job_erase, page_at, 0, CP_OK), 1);
    assert_int_equal(rig_expect(rig_job_read, offset_bytes, 16, CP_OK), 0);
}

// --- what a model has to say

static inline void rig_expect_illegal(void (*job)(void), const char *message) {
    const struct rig_record record = rig_run(job);
    if (!strstr(record.message, message)) {
        fail_msg("'%s' does not say '%s'", record.message, message);
    }
    assert_int_equal(record.illegal, 1);
    assert_int_equal(record.end, CP_EVENT_IDLE);
}

static inline void rig_expect_fault(void (*job)(void), const char *message) {
    const struct rig_record record = rig_run(job);
    if (!strstr(record.message, message)) {
        fail_msg("'%s' does not say '%s'", record.message, message);
    }
    assert_int_equal(record.illegal, 0);
    assert_int_equal(record.end, CP_EVENT_CRASH);
}

// Legal, with so many operations; what was read is in rig.seen.
static inline void rig_expect_legal(void (*job)(void), uint32_t operations) {
    memset(rig.seen, 0, sizeof(rig.seen));
    const struct rig_record record = rig_run(job);
    if (record.illegal > 0 || record.end != CP_EVENT_IDLE) {
        fail_msg("illegal %u end %d: %s", record.illegal, record.end, record.message);
    }
    assert_int_equal(record.programs + record.erases, operations);
}

#endif
