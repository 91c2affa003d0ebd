// list_parts.c: the parts that can be simulated, with all that is known of their flash.

#include "cli/list_parts.h"

#include "cli/jsonl.h"
#include "sim/controller.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint32_t largest_page_bytes(const struct cp_part *part) {
    uint32_t largest = part->erase_size_bytes;
    for (uint32_t i = 0; i < part->region_count; i++) {
        uint32_t size_bytes = part->regions[i].erase_size_bytes;
        largest = size_bytes > largest ? size_bytes : largest;
    }
    return largest;
}

// A size in the largest unit that divides it.
static void size_text(uint32_t size_bytes, char text[16]) {
    bool is_kib = size_bytes % 1024 == 0;
    snprintf(text, 16, "%" PRIu32 " %s", is_kib ? size_bytes / 1024 : size_bytes,
             is_kib ? "KiB" : "B");
}

static void page_text(const struct cp_part *part, char text[48]) {
    char smallest[16], largest[16];
    size_text(part->erase_size_bytes, smallest);
    size_text(largest_page_bytes(part), largest);
    bool is_one_size = strcmp(smallest, largest) == 0;
    snprintf(text, 48, "%s%s%s", smallest, is_one_size ? "" : " to ", is_one_size ? "" : largest);
}

static void ecc_text(const struct cp_part *part, char text[16]) {
    if (part->ecc_size_bytes == 0) {
        snprintf(text, 16, "-");
    } else {
        snprintf(text, 16, "%" PRIu32 " B", part->ecc_size_bytes);
    }
}

#define COLUMNS "%-18s %-10s %-16s %10s  %-17s %6s  %-14s  %4s  %s\n"

static void print_head(void) {
    printf(COLUMNS, "part", "family", "controller", "size", "pages", "writes", "rule", "ECC",
           "erased");
}

static void print_part(const struct cp_part *part) {
    char size[16], pages[48], writes[16], ecc[16], erased[8];
    size_text(part->size_bytes, size);
    page_text(part, pages);
    size_text(part->write_size_bytes, writes);
    ecc_text(part, ecc);
    snprintf(erased, sizeof erased, "0x%02X", part->erase_value);
    printf(COLUMNS, part->name, part->family, cp_controller_model(part->controller)->name, size,
           pages, writes, cp_program_rule_name(part->rule), ecc, erased);
}

static void print_regions(struct cp_jsonl *json, const struct cp_part *part) {
    cp_jsonl_open(json, "regions", '[');
    for (uint32_t i = 0; i < part->region_count; i++) {
        cp_jsonl_open(json, NULL, '{');
        cp_jsonl_count(json, "size_bytes", part->regions[i].size_bytes);
        cp_jsonl_count(json, "erase_size_bytes", part->regions[i].erase_size_bytes);
        cp_jsonl_count(json, "erase_time_us", part->regions[i].erase_time_us);
        cp_jsonl_close(json, '}');
    }
    cp_jsonl_close(json, ']');
}

static void print_faults(struct cp_jsonl *json, const struct cp_part *part) {
    cp_jsonl_open(json, "faults", '[');
    for (uint32_t i = 0; i < CP_PART_FAULT_COUNT; i++) {
        if ((part->faults >> i & 1u) != 0) {
            cp_jsonl_text(json, NULL, cp_part_fault_name(i));
        }
    }
    cp_jsonl_close(json, ']');
}

static void print_rule(struct cp_jsonl *json, const struct cp_part *part) {
    static const char *const ecc_reads[] = {"none", "nmi", "bus-fault"};
    cp_jsonl_text(json, "program_rule", cp_program_rule_name(part->rule));
    cp_jsonl_count(json, "programs_per_word", part->programs_per_word);
    cp_jsonl_count(json, "programs_per_block", part->programs_per_block);
    cp_jsonl_count(json, "block_size_bytes", part->block_size_bytes);
    cp_jsonl_count(json, "ecc_size_bytes", part->ecc_size_bytes);
    cp_jsonl_text(json, "uncorrectable_read", ecc_reads[part->ecc_read]);
}

static void print_part_json(const struct cp_part *part) {
    struct cp_jsonl json = {.out = stdout};
    cp_jsonl_open(&json, NULL, '{');
    cp_jsonl_text(&json, "type", "part");
    cp_jsonl_text(&json, "name", part->name);
    cp_jsonl_text(&json, "family", part->family);
    cp_jsonl_text(&json, "about", part->about);
    cp_jsonl_text(&json, "controller", cp_controller_model(part->controller)->name);
    cp_jsonl_count(&json, "registers_address", part->registers_address);
    cp_jsonl_count(&json, "flash_address", part->flash_address);
    cp_jsonl_bool(&json, "is_mapped", cp_part_is_mapped(part));
    cp_jsonl_count(&json, "jedec_id", part->jedec_id);
    cp_jsonl_count(&json, "size_bytes", part->size_bytes);
    cp_jsonl_count(&json, "bank_size_bytes", part->bank_size_bytes);
    cp_jsonl_count(&json, "erase_size_bytes", part->erase_size_bytes);
    cp_jsonl_count(&json, "page_count", cp_part_page_count(part));
    print_regions(&json, part);
    cp_jsonl_count(&json, "write_size_bytes", part->write_size_bytes);
    cp_jsonl_count(&json, "erase_value", part->erase_value);
    print_rule(&json, part);
    print_faults(&json, part);
    cp_jsonl_count(&json, "program_time_us", part->program_time_us);
    cp_jsonl_count(&json, "erase_time_us", cp_part_page_at(part, 0).erase_time_us);
    cp_jsonl_count(&json, "endurance_erases", part->endurance_erases);
    cp_jsonl_text(&json, "source", part->source);
    cp_jsonl_close(&json, '}');
}

void cp_list_parts(enum cp_format format) {
    if (format != CP_FORMAT_JSON) {
        print_head();
    }
    for (size_t i = 0; i < cp_part_count(); i++) {
        (format == CP_FORMAT_JSON ? print_part_json : print_part)(cp_part_at(i));
    }
}
