// test_sim_shadow.c: two programs in step on one flash, and every way to come apart.

#include "machine_life.h"
#include "small_program.h"

enum { PAGE_BYTES = 256, FLASH_BYTES = 8 * PAGE_BYTES };

// What the second program does otherwise.
static enum { NOTHING, ANOTHER_WORD, ANOTHER_VALUE, ANOTHER_ORDER, TOO_LITTLE, ANOTHER_END } twist;

static void work(const struct cp_program_board *board, bool is_twisted) {
    uint32_t offset_bytes = is_twisted && twist == ANOTHER_WORD ? 4 : 0;
    uint32_t value = is_twisted && twist == ANOTHER_VALUE ? 2 : 1;
    if (!(is_twisted && twist == ANOTHER_ORDER)) {
        erase(board, CP_AREA_DFU, 0);
    }
    program(board, CP_AREA_DFU, offset_bytes, value);
    if (!(is_twisted && twist == TOO_LITTLE)) {
        program(board, CP_AREA_DFU, 8, cp_choose(2));
    }
    if (is_twisted && twist == ANOTHER_END) {
        cp_end_panic(-1);
    }
    cp_end_jump();
}

static void run_first(const struct cp_program_board *board) {
    work(board, false);
}

static void run_second(const struct cp_program_board *board) {
    work(board, true);
}

static struct cp_machine *machine_of(struct cp_program *first, struct cp_program *second) {
    struct cp_machine_config config = {.device_count = 1, .cell_size_bytes = PAGE_BYTES};
    *second = made_of(run_second, idle);
    second->name = "second";
    *first = made_of(run_first, idle);
    first->shadow = second;
    config.program = first;
    config.devices[0] = life_part(FLASH_BYTES, PAGE_BYTES);
    config.board.devices[0] = cp_part_describe(&config.devices[0]);
    config.board.areas[CP_AREA_STATE] = (struct cp_program_area){0, PAGE_BYTES, PAGE_BYTES};
    config.board.areas[CP_AREA_ACTIVE] = (struct cp_program_area){0, 2 * PAGE_BYTES, PAGE_BYTES};
    config.board.areas[CP_AREA_DFU] = (struct cp_program_area){0, 4 * PAGE_BYTES, 2 * PAGE_BYTES};
    return life_create(&config);
}

static const struct cp_event *step(struct cp_machine *machine) {
    life_apply(machine, &machine->event);
    return cp_machine_run(machine);
}

// Run a boot; how it ends.
static enum cp_event_kind live(struct cp_machine *machine) {
    cp_machine_reset(machine, true);
    cp_machine_start(machine, CP_MODE_BOOTLOADER, CP_IMAGE_NONE);
    for (const struct cp_event *event = cp_machine_run(machine);; event = step(machine)) {
        if (event->kind >= CP_EVENT_JUMP) {
            return event->kind;
        }
        cp_machine_answer(machine, event->kind == CP_EVENT_CHOICE ? 1 : 0);
    }
}

static void assert_apart(int how, const char *says) {
    struct cp_program first, second;
    twist = how;
    struct cp_machine *machine = machine_of(&first, &second);
    assert_int_equal(live(machine), CP_EVENT_CRASH);
    assert_true(machine->is_apart);
    if (!strstr(machine->event.message, says)) {
        fail_msg("'%s' does not say '%s'", machine->event.message, says);
    }
    cp_machine_destroy(machine);
}

static void what_does_the_same_goes_on_to_the_end(void **state) {
    (void)state;
    struct cp_program first, second;
    twist = NOTHING;
    struct cp_machine *machine = machine_of(&first, &second);
    assert_int_equal(live(machine), CP_EVENT_JUMP);
    assert_false(machine->is_apart);
    assert_int_equal(life_word(machine, 0, PAGE_BYTES + 2), 1); // the answer came to both
    cp_machine_destroy(machine);
}

static void another_operation_is_told(void **state) {
    (void)state;
    assert_apart(ANOTHER_WORD, "small programs 1 words at 0x400, the first 0x1; second programs 1 "
                               "words at 0x404");
    assert_apart(ANOTHER_VALUE, "the first 0x2");
    assert_apart(ANOTHER_ORDER, "small erases at 0x400; second programs");
}

static void another_end_is_told(void **state) {
    (void)state;
    assert_apart(TOO_LITTLE, "small asks (2); second jumps (2)");
    assert_apart(ANOTHER_END, "small jumps (2); second panics (-1)");
}

static void both_are_put_back(void **state) {
    (void)state;
    struct cp_program first, second;
    struct cp_machine_snapshot snapshot;
    twist = NOTHING;
    struct cp_machine *machine = machine_of(&first, &second);
    cp_machine_reset(machine, true);
    cp_machine_start(machine, CP_MODE_BOOTLOADER, CP_IMAGE_NONE);
    const struct cp_event *event = cp_machine_run(machine);
    while (event->kind != CP_EVENT_CHOICE) {
        event = step(machine);
    }
    struct cp_hash hash = cp_machine_volatile_hash(machine);
    assert_int_equal(cp_machine_snapshot(machine, &snapshot), 0);
    assert_int_equal(cp_machine_run(machine)->kind, CP_EVENT_PROGRAM);
    cp_machine_restore(machine, &snapshot);
    assert_true(cp_hash_equal(hash, cp_machine_volatile_hash(machine)));
    cp_machine_answer(machine, 1);
    event = cp_machine_run(machine);
    assert_int_equal(event->kind, CP_EVENT_PROGRAM);
    assert_int_equal(event->value, 1);
    cp_machine_snapshot_free(&snapshot);
    cp_machine_destroy(machine);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_the_same_goes_on_to_the_end),
        cmocka_unit_test(another_operation_is_told),
        cmocka_unit_test(another_end_is_told),
        cmocka_unit_test(both_are_put_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
