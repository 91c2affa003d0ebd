// test_core_costs.c: what the journal asks of the flash: reads of a boot, and the erases,
// program passes and progress words of a swap. scripts/size shows the lines that it prints.

#include <stdio.h>

#include "tests/unit/ram_flash.h"

enum { BUFFER_BYTES = 256, READS_MAX = 200 };

struct costs {
    uint32_t reads, read_words;
    uint32_t erases_of_data, erases_of_state;
    uint32_t programmed_data_bytes, programmed_state_units;
};

// The flash of a whole part: its functions count, then do what that of ram_flash.h does.
struct part {
    const char *name;
    uint32_t page_bytes, page_count, write_bytes; // page_count: of ACTIVE
    bool reprograms_full;
};

static const struct part parts[] = {
    {"64 KiB in pages of 4 KiB", 4096, 16, 4, true},
    {"64 KiB in pages of 4 KiB, units of 16", 4096, 16, 16, false},
    {"240 KiB in pages of 2 KiB", 2048, 120, 8, true},
    {"512 KiB in sectors of 128 KiB", 131072, 4, 4, true},
    {"512 KiB in sectors of 128 KiB, units of 32", 131072, 4, 32, false},
};

static struct costs costs;
static bool fails_once; // the next program of data
static const struct cp_partition *state_of_part;

static bool is_in_state(uint32_t offset_bytes) {
    return offset_bytes >= state_of_part->offset_bytes &&
           offset_bytes < state_of_part->offset_bytes + state_of_part->size_bytes;
}

static int count_read(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                      uint32_t size_bytes) {
    costs.reads++;
    costs.read_words += (offset_bytes % 4 + size_bytes + 3) / 4;
    return ram_read(flash, offset_bytes, data, size_bytes);
}

static int count_program(const struct cp_flash *flash, uint32_t offset_bytes, const void *data,
                         uint32_t size_bytes) {
    if (is_in_state(offset_bytes)) {
        costs.programmed_state_units += size_bytes / flash->write_size_bytes;
    } else {
        costs.programmed_data_bytes += size_bytes;
        if (fails_once) {
            fails_once = false;
            return CP_ERR_FLASH;
        }
    }
    return ram_program(flash, offset_bytes, data, size_bytes);
}

static int count_erase(const struct cp_flash *flash, uint32_t offset_bytes) {
    (*(is_in_state(offset_bytes) ? &costs.erases_of_state : &costs.erases_of_data))++;
    return ram_erase(flash, offset_bytes);
}

struct board {
    struct ram_power power;
    struct ram_flash ram;
    struct cp_boot_config boot;
    struct cp_updater_config app;
    struct cp_updater updater;
    uint8_t buffer[BUFFER_BYTES];
};

// [guard][ACTIVE N][DFU N + 1][STATE 2][guard]
static void begin(struct board *board, const struct part *part) {
    const uint32_t page = part->page_bytes, n = part->page_count;
    memset(board, 0, sizeof(*board));
    ram_power_on(&board->power);
    ram_flash_init(&board->ram, &board->power, 2 * n + 5, page, part->write_bytes, 0xFF);
    memset(board->ram.bytes + page, 0xFF, (2 * n + 3) * page);
    struct cp_flash *flash = &board->ram.flash;
    flash->reprograms_full = part->reprograms_full;
    flash->read = count_read;
    flash->program = count_program;
    flash->erase = count_erase;
    board->boot = (struct cp_boot_config){
        .active = {flash, page, n * page},
        .dfu = {flash, (n + 1) * page, (n + 1) * page},
        .state = {flash, (2 * n + 2) * page, 2 * page},
        .format = &cp_state_format_journal,
        .buffer = board->buffer,
        .buffer_size_bytes = BUFFER_BYTES,
    };
    board->app = (struct cp_updater_config){
        .dfu = board->boot.dfu,
        .state = board->boot.state,
        .active_size_bytes = n * page,
        .format = board->boot.format,
        .buffer = board->buffer,
        .buffer_size_bytes = BUFFER_BYTES,
    };
    state_of_part = &board->boot.state;
    ram_put_image(&board->boot.active, RAM_OLD, n * page);
    ram_put_image(&board->boot.dfu, RAM_NEW, n * page);
}

static void end(struct board *board) {
    ram_check_guards(&board->ram);
    ram_flash_free(&board->ram);
}

static struct costs boot(struct board *board) {
    enum cp_state state = CP_STATE_BOOT;
    memset(&costs, 0, sizeof(costs));
    assert_int_equal(cp_boot_prepare(&board->boot, &state), CP_OK);
    return costs;
}

static void request(struct board *board) {
    assert_int_equal(cp_updater_init(&board->updater, &board->app), CP_OK);
    assert_int_equal(cp_updater_request(&board->updater), CP_OK);
}

static void confirm(struct board *board) {
    assert_int_equal(cp_updater_init(&board->updater, &board->app), CP_OK);
    assert_int_equal(cp_updater_confirm(&board->updater), CP_OK);
}

// The record: a header of 32 bytes and a seal, in units of at least 4 bytes.
static uint32_t record_units(const struct part *part) {
    return (32 + part->write_bytes - 1) / part->write_bytes + 1;
}

// Nothing to do: a device that never was updated, and one that was, when a boot has settled it.
static void check_idle(const struct part *part) {
    struct board board;
    begin(&board, part);
    const struct costs fresh = boot(&board);
    request(&board);
    boot(&board);
    confirm(&board);
    boot(&board);
    boot(&board);
    const struct costs used = boot(&board);
    printf("cost: %-44s boot with nothing to do: %3u reads of %3u words; of a fresh part %u, %u\n",
           part->name, used.reads, used.read_words, fresh.reads, fresh.read_words);
    assert_true(used.reads <= READS_MAX && used.read_words <= READS_MAX);
    assert_true(fresh.reads <= READS_MAX && fresh.read_words <= READS_MAX);
    assert_int_equal(used.erases_of_data + used.erases_of_state, 0);
    assert_int_equal(used.programmed_data_bytes + used.programmed_state_units, 0);
    end(&board);
}

// One swap: two passes, two erases and two progress words a page; and the record of the request
// is written once more, for which both halves are erased, and the seal before it is made firm.
static void check_swap(const struct part *part) {
    struct board board;
    begin(&board, part);
    request(&board);
    const struct costs swap = boot(&board);
    const uint32_t n = part->page_count;
    const uint32_t passes = swap.programmed_data_bytes / part->page_bytes;
    const uint32_t record = record_units(part) + (part->reprograms_full ? 1 : 0);
    const uint32_t words = swap.programmed_state_units - record;
    printf("cost: %-44s swap of %3u pages: %3u passes, %3u erases, %3u progress words; "
           "STATE besides: %u units, %u erases\n",
           part->name, n, passes, swap.erases_of_data, words, record, swap.erases_of_state);
    assert_int_equal(swap.programmed_data_bytes % part->page_bytes, 0);
    assert_true(passes <= 2 * n && swap.erases_of_data <= 2 * n);
    assert_true(words <= 2 * n);
    assert_int_equal(swap.erases_of_state, 2);
    assert_true(ram_has_image(&board.boot.active, RAM_NEW, n * part->page_bytes));
    end(&board);
}

static void test_boot_with_nothing_to_do(void **context) {
    (void)context;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        check_idle(&parts[i]);
    }
}

static void test_swap(void **context) {
    (void)context;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        check_swap(&parts[i]);
    }
}

// One page that is copied once more is seen.
static void test_more_than_that_is_seen(void **context) {
    (void)context;
    struct board board;
    begin(&board, &parts[0]);
    request(&board);
    fails_once = true;
    const struct costs swap = boot(&board);
    assert_int_equal(swap.erases_of_data, 2 * parts[0].page_count + 1);
    assert_int_equal(swap.programmed_data_bytes,
                     2 * parts[0].page_count * parts[0].page_bytes + BUFFER_BYTES);
    end(&board);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boot_with_nothing_to_do),
        cmocka_unit_test(test_swap),
        cmocka_unit_test(test_more_than_that_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
