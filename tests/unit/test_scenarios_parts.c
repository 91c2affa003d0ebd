// test_scenarios_parts.c: parts with facts of the scenario's own.

#include "test_scenarios_text.h"

#include "faults/explore.h"

#define PART "{part: nrf52840, programs_per_word: 1, program_time: 50us, erase_time: 90ms}"

// The plain scenario on another part; free its text with it.
static struct loaded load_part(const char *part) {
    char *good = text_of(PLAIN), *text = text_with(good, PART, part);
    struct loaded loaded = load_text(text);
    free(text);
    free(good);
    return loaded;
}

static struct cp_part part_of(struct loaded loaded, uint32_t device) {
    if (loaded.error_count != 0) {
        print_error("%s\n", loaded.errors);
    }
    assert_int_equal(loaded.error_count, 0);
    struct cp_part part = loaded.list.cases[0].devices[device];
    unload(&loaded);
    return part;
}

static void every_fact_can_be_changed(void **state) {
    (void)state;
    struct cp_part part = part_of(
        load_part("\n  {part: nrf52840, size: 256KiB, erase_size: 2KiB, write_size: 4B,"
                  " erase_value: 0xFF, rule: block-counted, programs_per_block: 100,"
                  " block_size: 256B, ecc: 8B, ecc_read: nmi, endurance: 5, flash_address: 0x10000,"
                  " registers_address: 0x40020000, faults: [torn-program, torn-erase,"
                  " uncorrectable], program_time: 1ms, erase_time: 2s}"),
        0);
    assert_int_equal(part.size_bytes, 256 * 1024);
    assert_int_equal(part.erase_size_bytes, 2048);
    assert_int_equal(part.write_size_bytes, 4);
    assert_int_equal(part.erase_value, 0xFF);
    assert_int_equal(part.rule, CP_RULE_BLOCK_COUNTED);
    assert_int_equal(part.programs_per_block, 100);
    assert_int_equal(part.block_size_bytes, 256);
    assert_int_equal(part.ecc_size_bytes, 8);
    assert_int_equal(part.ecc_read, CP_ECC_NMI);
    assert_int_equal(part.endurance_erases, 5);
    assert_int_equal(part.flash_address, 0x10000);
    assert_int_equal(part.registers_address, 0x40020000);
    assert_int_equal(part.faults,
                     CP_FAULT_TORN_PROGRAM | CP_FAULT_TORN_ERASE | CP_FAULT_UNCORRECTABLE);
    assert_int_equal(part.program_time_us, 1000);
    assert_int_equal(part.erase_time_us, 2000000);
    assert_string_equal(part.name, "nrf52840");
}

// What follows from a fact changes with it.
static void facts_that_follow(void **state) {
    (void)state;
    struct cp_part part = part_of(load_part("{part: nrf52840, rule: once}"), 0);
    assert_int_equal(part.programs_per_word, 1);
    part = part_of(load_part("{part: nrf52840, rule: overwrite}"), 0);
    assert_int_equal(part.programs_per_word, 255);
    const struct cp_part *l4 = cp_part_find("stm32l476rg");
    part = part_of(load_part("{part: stm32l476rg, ecc: 0B, size: 512KiB, erase_size: 4KiB}"), 0);
    assert_int_equal(part.ecc_read, CP_ECC_NONE);
    assert_int_equal(part.faults, l4->faults & ~(uint32_t)CP_FAULT_UNCORRECTABLE);
    assert_int_equal(part.bank_size_bytes, 256 * 1024);
    part = part_of(load_part("{part: nrf52840}\nexternal: {part: w25q64jv, size: 1MiB}"), 1);
    assert_int_equal(part.jedec_id, 0xEF4014);
}

// Only STATE has words that read otherwise each time.
static void unstable_reads_are_of_state(void **state) {
    (void)state;
    struct loaded loaded = load_part("{part: nrf52840, faults: [torn-program, torn-erase]}\n"
                                     "matrix: {faults.torn_reads: [stable, unstable]}");
    assert_int_equal(loaded.error_count, 1);
    assert_non_null(strstr(loaded.errors, "6:38: error: 'unstable' needs a part with "
                                          "unstable-reads below 'state'\n"));
    assert_non_null(strstr(loaded.errors, "help: nrf52840 has torn-program, torn-erase\n"));
    unload(&loaded);
}

// --- parts of the file

#define OWN                                                                                        \
    "{part: acme-1}\nparts:\n"                                                                     \
    "  acme-1: {like: nrf52840, size: 256KiB, erase_size: 2KiB, about: Ours., family: ACME}\n"     \
    "  acme-2: {like: acme-1, programs_per_word: 7}"

static void parts_of_the_file(void **state) {
    (void)state;
    struct loaded loaded = load_part(OWN);
    assert_string_equal(loaded.errors, "");
    const struct cp_part *part = &loaded.list.cases[0].devices[0];
    assert_string_equal(part->name, "acme-1");
    assert_string_equal(part->about, "Ours.");
    assert_string_equal(part->family, "ACME");
    assert_string_equal(part->source, "given in the scenario");
    assert_int_equal(part->size_bytes, 256 * 1024);
    assert_int_equal(part->erase_size_bytes, 2048);
    assert_int_equal(part->registers_address, cp_part_find("nrf52840")->registers_address);
    unload(&loaded);
}

// A part can be like one before it, be varied by the matrix, and be changed where it is used.
static void parts_like_parts_of_the_file(void **state) {
    (void)state;
    struct loaded loaded = load_part(OWN "\nmatrix:\n"
                                         "  target.part: [acme-1, acme-2, nrf52840]\n"
                                         "  target.erase_time: [70ms]");
    assert_string_equal(loaded.errors, "");
    assert_int_equal(loaded.list.count, 3);
    const struct cp_part *second = &loaded.list.cases[1].devices[0];
    assert_string_equal(second->name, "acme-2");
    assert_int_equal(second->size_bytes, 256 * 1024);
    assert_int_equal(second->programs_per_word, 7);
    assert_int_equal(second->erase_time_us, 70000);
    assert_int_equal(loaded.list.cases[2].devices[0].size_bytes, 1024 * 1024);
    unload(&loaded);
}

// A chip goes to the master of the target, of whatever family the file says that it is.
static void own_target_has_its_spi(void **state) {
    (void)state;
    struct cp_part part =
        part_of(load_part("{part: acme}\nexternal: {part: w25q64jv}\nparts:\n"
                          "  acme: {like: stm32l476rg, family: ACME, ecc: 0B, erase_size: 4KiB}"),
                1);
    assert_int_equal(part.controller, CP_CONTROLLER_STM32_SPI);
    assert_int_equal(part.select_address, 0x48000000);
}

#define PARTS(text) PLAIN, "layout:\n", "parts:\n" text "layout:\n"

static const struct mistake mistakes_of_own[] = {
    {PLAIN, "nrf52840", "acme", "5:16: error: unknown part 'acme'",
     "`cutproof list --targets` lists them; `parts` adds more"},
    {PLAIN, "target: {part: nrf52840,",
     "parts: {nrf-acme: {like: nrf52840}}\ntarget: {part: nrf-acne,",
     "6:16: error: unknown part 'nrf-acne'", "did you mean 'nrf-acme'?"},
    {PARTS("  acme: {size: 1MiB}\n"), "7:3: error: the key 'like' is missing",
     "The part that has everything else, above all its controller."},
    {PARTS("  acme: {like: nrf52480}\n"), "7:16: error: unknown part 'nrf52480'",
     "did you mean 'nrf52840'?"},
    {PARTS("  acme: {like: other}\n  other: {like: nrf52840}\n"),
     "7:16: error: unknown part 'other'", NULL},
    {PARTS("  nrf52840: {like: nrf51822}\n"), "7:3: error: there is a part 'nrf52840' already",
     "it can be changed where it is used: {part: nrf52840, ...}"},
    {PARTS("  Acme: {like: nrf51822}\n"), "7:3: error: 'Acme' is not a name for a part", NULL},
    {PARTS("  acme: {like: nrf52840, siz: 1MiB}\n"), "7:26: error: unknown key 'siz'",
     "did you mean 'size'?"},
    {PARTS("  acme: {like: nrf52840, size: 1022KiB}\n"),
     "7:32: error: 'size' is not a multiple of 'erase_size'",
     "size is 1022KiB, erase_size is 4KiB"},
    {PARTS("  acme: {like: nrf52840, about: 5}\n"), "7:33: error: '5' is not a text", NULL},
    {PARTS("  acme: nrf52840\n"), "7:9: error: expected a mapping of keys to values", NULL},
    {PLAIN, "layout:\n", "parts: mine.yaml\nlayout:\n",
     "6:8: error: expected a mapping of keys to values", NULL},
    {PLAIN, "layout:\n", "parts: {}\nlayout:\n", "6:1: error: no parts", "from 1 to 16"},
    {PLAIN, "explore: {",
     "parts: {a: {like: nrf52840}}\nmatrix: {parts.a.size: [1MiB]}\nexplore: {",
     "25:10: error: 'parts.a.size' cannot be varied", NULL},
};

static void mistakes_in_own_parts(void **state) {
    (void)state;
    check_mistakes(mistakes_of_own, sizeof(mistakes_of_own) / sizeof(mistakes_of_own[0]));
}

// --- mistakes

#define CHANGED(fact) PLAIN, "programs_per_word: 1,", fact ","

static const struct mistake mistakes[] = {
    {CHANGED("erase_sise: 4KiB"), "5:26: error: unknown key 'erase_sise'",
     "did you mean 'erase_size'?"},
    {CHANGED("erase_size: 4096"), "5:38: error: '4096' has no unit", NULL},
    {CHANGED("erase_size: 4098B"), "5:38: error: 'erase_size' is not a multiple of 'write_size'",
     "erase_size is 4098B, write_size is 4B"},
    {CHANGED("size: 1022KiB"), "5:32: error: 'size' is not a multiple of 'erase_size'",
     "size is 1022KiB, erase_size is 4KiB"},
    {CHANGED("write_size: 8B"),
     "5:38: error: the controller of 'nrf52840' does not write so much at a time", "it writes 4B"},
    {CHANGED("erase_value: 0x0F"), "5:39: error: 'erase_value' is neither 0x00 nor 0xFF", NULL},
    {CHANGED("erase_value: 255"), "5:39: error: '255' is not a number",
     "write a hexadecimal number such as 0xFF"},
    {CHANGED("erase_value: 0xFFF"), "5:39: error: '0xFFF' is out of range", "from 0x0 to 0xFF"},
    {CHANGED("erase_value: 0x00"),
     "5:39: error: the controller of 'nrf52840' does not erase to that", "it erases to 0xFF"},
    {CHANGED("rule: twice"), "5:32: error: unknown rule 'twice'",
     "one of: and, and-counted, block-counted, once, once-then-zero, overwrite"},
    {CHANGED("rule: block-counted"),
     "5:32: error: the rule block-counted needs 'programs_per_block' and 'block_size'", NULL},
    {CHANGED("rule: and, programs_per_word: 3"),
     "5:56: error: 'programs_per_word' has no meaning with the rule 'and'",
     "it is of 'rule: and-counted'"},
    {CHANGED("block_size: 512B"),
     "5:38: error: 'block_size' has no meaning with the rule 'and-counted'",
     "it is of 'rule: block-counted'"},
    {CHANGED("rule: block-counted, programs_per_block: 9, block_size: 768B"),
     "5:82: error: 'erase_size' is not a multiple of 'block_size'", NULL},
    {CHANGED("ecc: 8B"), "5:31: error: 'ecc' and 'ecc_read' do not fit",
     "a part with ECC has 'ecc_read: nmi' or 'bus-fault'; one without has 'ecc: 0B' and "
     "'ecc_read: none'"},
    {CHANGED("ecc: 6B, ecc_read: nmi"), "5:31: error: 'ecc' is not a multiple of 'write_size'",
     NULL},
    {CHANGED("faults: [torn-programs]"), "5:35: error: unknown faults 'torn-programs'",
     "did you mean 'torn-program'?"},
    {CHANGED("faults: [torn-program, torn-erase, uncorrectable]"),
     "5:34: error: 'nrf52840' cannot have 'uncorrectable'",
     "it has no ECC; give `ecc` and `ecc_read`"},
    {CHANGED("faults: [torn-program, torn-erase, error-reported]"),
     "5:34: error: 'nrf52840' cannot have 'error-reported'", "its controller has no error flags"},
    {CHANGED("faults: [torn-program, torn-erase, loses-power-first]"),
     "5:34: error: 'nrf52840' cannot have 'loses-power-first'",
     "only a chip behind a SPI master has a life of its own"},
    {CHANGED("flash_address: 0x800"),
     "5:41: error: 'flash_address' is not of a page, or the flash ends beyond 0xFFFFFFFF", NULL},
    {PLAIN, "layout:\n", "external: {part: w25q64jv, size: 3MiB}\nlayout:\n",
     "6:34: error: the size of a SPI NOR chip is a power of two", NULL},
    {PLAIN, "layout:\n", "external: {part: w25q64jv, erase_size: 64KiB}\nlayout:\n",
     "6:40: error: the erase command of 'w25q64jv' has another size", "it erases 4KiB"},
    {PLAIN, "layout:\n", "external: {part: w25q64jv, flash_address: 0x0}\nlayout:\n",
     "6:43: error: 'w25q64jv' has no address: it is behind a SPI master", NULL},
};

static void mistakes_in_facts(void **state) {
    (void)state;
    check_mistakes(mistakes, sizeof(mistakes) / sizeof(mistakes[0]));
}

// What the tables hold passes the checks of what a scenario changes.
static void known_parts_pass(void **state) {
    (void)state;
    for (size_t i = 0; i < cp_part_count(); i++) {
        char text[80];
        snprintf(text, sizeof(text), "{part: %s, endurance: 7}", cp_part_at(i)->name);
        struct loaded loaded = load_part(text);
        if (strstr(loaded.errors, "t.yaml:5:") != NULL) {
            fail_msg("%s", loaded.errors);
        }
        unload(&loaded);
    }
}

static uint32_t hash_of(struct loaded loaded) {
    char error[CP_MESSAGE_MAX];
    assert_string_equal(loaded.errors, "");
    uint32_t hash = cp_case_hash(&loaded.list.cases[0], cp_program_load(NULL, error));
    unload(&loaded);
    return hash;
}

// An id is of one machine: all that changes what a trace means changes it, and nothing else.
static void facts_in_the_identity(void **state) {
    (void)state;
    static const char *const meaning[] = {
        "{part: nrf52840}",
        "{part: nrf52840, size: 512KiB}",
        "{part: nrf52840, programs_per_word: 3}",
        "{part: nrf52840, rule: once}",
        "{part: nrf52840, rule: and}",
        "{part: nrf52840, rule: block-counted, programs_per_block: 9, block_size: 64B}",
        "{part: nrf52840, rule: block-counted, programs_per_block: 8, block_size: 64B}",
        "{part: nrf52840, ecc: 8B, ecc_read: nmi}",
        "{part: nrf52840, ecc: 8B, ecc_read: bus-fault}",
        "{part: nrf52840, flash_address: 0x10000}",
        "{part: nrf52840}\nwatchdog: 2s",
        "{part: nrf52840, erase_time: 1s}\nwatchdog: 2s",
    };
    uint32_t hashes[sizeof(meaning) / sizeof(meaning[0])];
    for (size_t i = 0; i < sizeof(meaning) / sizeof(meaning[0]); i++) {
        char *good = text_of(PLAIN), *part = text_with(good, PART, meaning[i]);
        char *text = text_with(part, "[bootable,", "[progresses, bootable,");
        hashes[i] = hash_of(load_text(text));
        for (size_t before = 0; before < i; before++) {
            assert_int_not_equal(hashes[before], hashes[i]);
        }
        free(text);
        free(part);
        free(good);
    }
    assert_int_equal(hash_of(load_part("{part: nrf52840, endurance: 7, erase_time: 1s}")),
                     hashes[0]);
}

// Whether an operation fails is a choice, which the trace has to name.
static void failures_in_the_identity(void **state) {
    (void)state;
    char error[CP_MESSAGE_MAX];
    struct loaded loaded = load_part("{part: nrf52840}");
    const struct cp_program *program = cp_program_load(NULL, error);
    struct cp_case changed = loaded.list.cases[0];
    uint32_t plain = cp_case_hash(&changed, program);
    changed.faults.reset = true;
    assert_int_equal(cp_case_hash(&changed, program), plain);
    changed.faults.operation_errors = 1u << CP_ERROR_SILENT;
    uint32_t failing = cp_case_hash(&changed, program);
    assert_int_not_equal(failing, plain);
    changed.faults.errors_max = 2;
    assert_int_not_equal(cp_case_hash(&changed, program), failing);
    changed.faults.operation_errors = 0;
    assert_int_equal(cp_case_hash(&changed, program), plain);
    changed.faults.external_dies = true;
    assert_int_not_equal(cp_case_hash(&changed, program), plain);
    unload(&loaded);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fact_can_be_changed),
        cmocka_unit_test(facts_that_follow),
        cmocka_unit_test(unstable_reads_are_of_state),
        cmocka_unit_test(parts_of_the_file),
        cmocka_unit_test(parts_like_parts_of_the_file),
        cmocka_unit_test(own_target_has_its_spi),
        cmocka_unit_test(mistakes_in_own_parts),
        cmocka_unit_test(known_parts_pass),
        cmocka_unit_test(facts_in_the_identity),
        cmocka_unit_test(failures_in_the_identity),
        cmocka_unit_test(mistakes_in_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
