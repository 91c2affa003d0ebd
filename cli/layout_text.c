// layout_text.c: see layout_text.h.
//
// Header and description are the same list, written in two ways. So whatever a firmware was
// compiled with is in its ELF, and can be compared with the scenario it is run with.

#include "cli/layout_text.h"

#include "faults/setup.h"
#include "scenarios/layout.h"
#include "scenarios/value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum style { STYLE_HEADER, STYLE_DESCRIPTION, STYLE_STRING };

struct writer {
    FILE *out;
    enum style style;
};

static const char *const area_names[CP_AREA_COUNT] = {"BOOTLOADER", "STATE", "ACTIVE", "DFU",
                                                      "FACTORY"};

static const char *const controllers[CP_CONTROLLER_COUNT] = {
    [CP_CONTROLLER_NVMC] = "NVMC",
    [CP_CONTROLLER_NVMC_NS] = "NVMC_NS",
    [CP_CONTROLLER_RRAMC] = "RRAMC",
    [CP_CONTROLLER_STM32_F0] = "STM32_F0",
    [CP_CONTROLLER_STM32_F1_XL] = "STM32_F1_XL",
    [CP_CONTROLLER_STM32_F4] = "STM32_F4",
    [CP_CONTROLLER_STM32_F7] = "STM32_F7",
    [CP_CONTROLLER_STM32_L0] = "STM32_L0",
    [CP_CONTROLLER_STM32_L1] = "STM32_L1",
    [CP_CONTROLLER_STM32_L4] = "STM32_L4",
    [CP_CONTROLLER_STM32_L5] = "STM32_L5",
    [CP_CONTROLLER_STM32_G0] = "STM32_G0",
    [CP_CONTROLLER_STM32_G4] = "STM32_G4",
    [CP_CONTROLLER_STM32_WB] = "STM32_WB",
    [CP_CONTROLLER_STM32_WL] = "STM32_WL",
    [CP_CONTROLLER_STM32_U5] = "STM32_U5",
    [CP_CONTROLLER_STM32_H5] = "STM32_H5",
    [CP_CONTROLLER_STM32_H7] = "STM32_H7",
    [CP_CONTROLLER_STM32_H7A] = "STM32_H7A",
    [CP_CONTROLLER_RP2040] = "RP2040",
    [CP_CONTROLLER_NRF_SPI] = "NRF_SPI",
    [CP_CONTROLLER_STM32_SPI] = "STM32_SPI",
};

// --- one entry

static void write_lower(const char *name, FILE *out) {
    for (; *name; name++) {
        fputc(tolower((unsigned char)*name), out);
    }
}

static void begin(const struct writer *writer, const char *prefix, const char *name) {
    switch (writer->style) {
    case STYLE_HEADER: fprintf(writer->out, "#define CP_BOARD_%s%s ", prefix, name); break;
    case STYLE_STRING: fputs("    \"", writer->out); // fall through
    case STYLE_DESCRIPTION:
        write_lower(prefix, writer->out);
        write_lower(name, writer->out);
        fputc('=', writer->out);
        break;
    }
}

static void end(const struct writer *writer) {
    fputs(writer->style == STYLE_STRING ? "\\n\" \\\n" : "\n", writer->out);
}

static const char *suffix(const struct writer *writer) {
    return writer->style == STYLE_HEADER ? "u" : "";
}

static void put_hex(const struct writer *writer, const char *prefix, const char *name,
                    uint32_t value) {
    begin(writer, prefix, name);
    fprintf(writer->out, "0x%x%s", (unsigned)value, suffix(writer));
    end(writer);
}

static void put_number(const struct writer *writer, const char *name, uint32_t value) {
    begin(writer, "", name);
    fprintf(writer->out, "%u%s", (unsigned)value, suffix(writer));
    end(writer);
}

// For the preprocessor as well: without a suffix.
static void put_flag(const struct writer *writer, const char *prefix, const char *name,
                     uint32_t value) {
    begin(writer, prefix, name);
    fprintf(writer->out, "%u", (unsigned)value);
    end(writer);
}

static void put_text(const struct writer *writer, const char *name, const char *text) {
    bool is_quoted = writer->style == STYLE_HEADER;
    begin(writer, "", name);
    fprintf(writer->out, is_quoted ? "\"%s\"" : "%s", text);
    end(writer);
}

// --- parts of the list

static void put_device(const struct writer *writer, const struct cp_part *part) {
    put_flag(writer, "CONTROLLER_", controllers[part->controller], 1);
    put_hex(writer, "", "FLASH_ADDRESS", part->flash_address);
    put_hex(writer, "", "REGISTERS_ADDRESS", part->registers_address);
    put_hex(writer, "", "FLASH_SIZE_BYTES", part->size_bytes);
    put_hex(writer, "", "BANK_SIZE_BYTES", part->bank_size_bytes);
    put_number(writer, "WRITE_SIZE_BYTES", part->write_size_bytes);
}

static void put_chip(const struct writer *writer, const struct cp_part *part) {
    put_flag(writer, "CHIP_CONTROLLER_", controllers[part->controller], 1);
    put_hex(writer, "", "CHIP_REGISTERS_ADDRESS", part->registers_address);
    put_hex(writer, "", "CHIP_SELECT_ADDRESS", part->select_address);
    put_hex(writer, "", "CHIP_SIZE_BYTES", part->size_bytes);
}

static void put_area(const struct writer *writer, const struct cp_case *test_case,
                     enum cp_area area) {
    const struct cp_program_area *place = &test_case->areas[area];
    struct cp_page_run run =
        cp_part_page_run(&test_case->devices[place->device], place->offset_bytes);
    char prefix[24];
    snprintf(prefix, sizeof prefix, "%s_", area_names[area]);
    put_flag(writer, prefix, "DEVICE", place->device);
    put_hex(writer, prefix, "OFFSET_BYTES", place->offset_bytes);
    put_hex(writer, prefix, "SIZE_BYTES", place->size_bytes);
    if (area != CP_AREA_BOOTLOADER) {
        put_hex(writer, prefix, "RUN_OFFSET_BYTES", run.offset_bytes);
        put_hex(writer, prefix, "RUN_SIZE_BYTES", run.size_bytes);
        put_hex(writer, prefix, "ERASE_SIZE_BYTES", run.erase_size_bytes);
    }
}

static bool has_area(const struct cp_case *test_case, enum cp_area area) {
    return test_case->areas[area].size_bytes > 0;
}

// An initializer, in lines of eight.
static void put_key_list(const struct writer *writer, const uint8_t *key) {
    fputs("{", writer->out);
    for (uint32_t i = 0; i < 32; i++) {
        fprintf(writer->out, "%s0x%02x", i % 8 == 0 ? " \\\n        " : " ", (unsigned)key[i]);
        fputs(i < 31 ? "," : " }", writer->out);
    }
}

static void put_key(const struct writer *writer) {
    const uint8_t *key = cp_setup_public_key();
    begin(writer, "", "PUBLIC_KEY");
    if (writer->style == STYLE_HEADER) {
        put_key_list(writer, key);
    }
    for (uint32_t i = 0; i < 32 && writer->style != STYLE_HEADER; i++) {
        fprintf(writer->out, "%02x", (unsigned)key[i]);
    }
    end(writer);
}

static void put_security(const struct writer *writer, const struct cp_case *test_case) {
    const struct cp_image *start = &test_case->images[test_case->start_image];
    put_flag(writer, "", "IS_SIGNED", test_case->is_signed);
    if (test_case->is_signed) {
        put_key(writer);
        put_flag(writer, "", "REFUSES_DOWNGRADES", test_case->has_rollback_protection);
        put_number(writer, "SECURITY_COUNTER_MIN", start->security_counter);
        put_flag(writer, "", "VERIFIES_EACH_BOOT", test_case->verifies_each_boot);
    }
}

static void put_all(const struct writer *writer, const struct cp_case *test_case) {
    bool is_journal = strcmp(test_case->format, "journal") == 0;
    put_text(writer, "PART", test_case->devices[0].name);
    put_device(writer, &test_case->devices[0]);
    if (test_case->device_count > 1) {
        put_chip(writer, &test_case->devices[1]);
    }
    for (enum cp_area area = CP_AREA_BOOTLOADER; area < CP_AREA_COUNT; area++) {
        if (has_area(test_case, area)) {
            put_area(writer, test_case, area);
        }
    }
    put_number(writer, "BUFFER_SIZE_BYTES", test_case->buffer_size_bytes);
    put_flag(writer, "FORMAT_", is_journal ? "JOURNAL" : "SEED", 1);
    put_number(writer, "TRIAL_ATTEMPTS", test_case->trial_attempts);
    put_flag(writer, "", "IS_DIRECT", test_case->is_direct);
    put_flag(writer, "", "TELLS_RESET_CAUSE", test_case->tells_reset_cause);
    put_security(writer, test_case);
    put_flag(writer, "", "HAS_FACTORY", has_area(test_case, CP_AREA_FACTORY));
}

// --- what is asked for

// After the last slash, without the choice of a matrix.
static void print_name(const struct cp_case *test_case, FILE *out) {
    const char *slash = strrchr(test_case->name, '/');
    const char *name = slash ? slash + 1 : test_case->name;
    fprintf(out, "#define CP_BOARD_NAME \"%.*s\"\n", (int)strcspn(name, "["), name);
}

void cp_layout_print_header(const struct cp_case *test_case, FILE *out) {
    const struct writer macros = {out, STYLE_HEADER}, string = {out, STYLE_STRING};
    fputs("// layout.h: made by `cutproof layout --header`; scripts/boards makes it anew.\n\n",
          out);
    print_name(test_case, out);
    put_all(&macros, test_case);
    fputs("#define CP_BOARD_DESCRIPTION \\\n", out);
    put_all(&string, test_case);
    fputs("    \"\"\n", out);
}

void cp_layout_describe(const struct cp_case *test_case, FILE *out) {
    const struct writer lines = {out, STYLE_DESCRIPTION};
    put_all(&lines, test_case);
}

static char *description_of(const struct cp_case *test_case) {
    char *text = NULL;
    size_t size_bytes;
    FILE *out = open_memstream(&text, &size_bytes);
    if (out) {
        cp_layout_describe(test_case, out);
        fclose(out);
    }
    return text;
}

bool cp_layout_is_same(const struct cp_case *cases, size_t count) {
    char *first = description_of(&cases[0]);
    bool is_same = first != NULL;
    for (size_t i = 1; is_same && i < count; i++) {
        char *other = description_of(&cases[i]);
        is_same = other != NULL && strcmp(first, other) == 0;
        free(other);
    }
    free(first);
    return is_same;
}

static void print_range(const char *prefix, const char *what, uint32_t offset_bytes,
                        uint32_t size_bytes, FILE *out) {
    fprintf(out, "__bootloader%s%s_start = 0x%x;\n", prefix, what, (unsigned)offset_bytes);
    fprintf(out, "__bootloader%s%s_end = 0x%x;\n", prefix, what,
            (unsigned)(offset_bytes + size_bytes));
}

// A chip behind a SPI master has offsets, but no addresses: nothing can be linked to lie there.
static void print_area(const struct cp_case *test_case, enum cp_area area, FILE *out) {
    const struct cp_program_area *place = &test_case->areas[area];
    const struct cp_part *part = &test_case->devices[place->device];
    const char *name = cp_area_name(area);
    bool is_bootloader = area == CP_AREA_BOOTLOADER;
    print_range(is_bootloader ? "" : "_", is_bootloader ? "" : name, place->offset_bytes,
                place->size_bytes, out);
    if (cp_part_is_mapped(part)) {
        fprintf(out, "__%s_address = 0x%x;\n", name,
                (unsigned)(part->flash_address + place->offset_bytes));
    }
    fprintf(out, "__%s_size = 0x%x;\n", name, (unsigned)place->size_bytes);
}

void cp_layout_print_linker(const struct cp_case *test_case, FILE *out) {
    fputs(
        "/* layout.ld: made by `cutproof layout --linker`; scripts/boards makes it anew.\n"
        "   __bootloader_..._start and _end count from the start of the flash that the area lies\n"
        "   on; addresses are where the core sees it. */\n",
        out);
    fprintf(out, "__flash_start = 0x%x;\n", (unsigned)test_case->devices[0].flash_address);
    for (enum cp_area area = CP_AREA_BOOTLOADER; area < CP_AREA_COUNT; area++) {
        if (has_area(test_case, area)) {
            print_area(test_case, area, out);
        }
    }
}

// --- the table

// Where the core sees it, or on a chip behind a SPI master "+0x..." from the chip's start.
static void place_text(const struct cp_part *part, uint32_t offset_bytes, char text[16]) {
    bool is_mapped = cp_part_is_mapped(part);
    snprintf(text, 16, is_mapped ? "0x%08x" : "+0x%08x",
             (unsigned)((is_mapped ? part->flash_address : 0) + offset_bytes));
}

static void print_row(const struct cp_case *test_case, enum cp_area area, FILE *out) {
    const struct cp_program_area *place = &test_case->areas[area];
    const struct cp_part *part = &test_case->devices[place->device];
    char from[16], to[16], size[CP_VALUE_TEXT_MAX], page[CP_VALUE_TEXT_MAX];
    place_text(part, place->offset_bytes, from);
    place_text(part, place->offset_bytes + place->size_bytes, to);
    fprintf(out, "%-11s %-16s %11s %11s  %8s  %8s\n", cp_area_name(area), part->name, from, to,
            cp_size_text(size, place->size_bytes),
            cp_size_text(page, cp_part_page_run(part, place->offset_bytes).erase_size_bytes));
}

// Without the holes in its range of addresses.
static uint32_t flash_size_bytes(const struct cp_part *part) {
    uint32_t size_bytes = part->size_bytes;
    for (uint32_t i = 0; i < part->region_count; i++) {
        size_bytes -= part->regions[i].erase_size_bytes == 0 ? part->regions[i].size_bytes : 0;
    }
    return size_bytes;
}

static void print_rest(const struct cp_case *test_case, uint32_t device, FILE *out) {
    char text[CP_VALUE_TEXT_MAX];
    uint32_t left_bytes = flash_size_bytes(&test_case->devices[device]);
    for (enum cp_area area = CP_AREA_BOOTLOADER; area < CP_AREA_COUNT; area++) {
        const struct cp_program_area *place = &test_case->areas[area];
        left_bytes -= place->device == device ? place->size_bytes : 0;
    }
    fprintf(out, "%-11s %-16s %23s  %8s\n", "left over", test_case->devices[device].name, "",
            cp_size_text(text, left_bytes));
}

void cp_layout_print_table(const struct cp_case *test_case, FILE *out) {
    fprintf(out, "%-11s %-16s %11s %11s  %8s  %8s\n", "area", "part", "from", "to", "size",
            "pages of");
    for (enum cp_area area = CP_AREA_BOOTLOADER; area < CP_AREA_COUNT; area++) {
        if (has_area(test_case, area)) {
            print_row(test_case, area, out);
        }
    }
    for (uint32_t device = 0; device < test_case->device_count; device++) {
        print_rest(test_case, device, out);
    }
}
