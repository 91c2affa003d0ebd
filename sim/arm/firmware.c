// firmware.c: see firmware.h. The work is libelf's.

#include "sim/arm/firmware.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CODE_MAX_BYTES (4u * 1024u * 1024u)

struct reader {
    Elf *elf;
    struct cp_firmware_elf *out;
    char *message;
};

static int fail(const struct reader *reader, const char *what) {
    snprintf(reader->message, CP_FIRMWARE_MESSAGE_MAX, "%s", what);
    return -1;
}

static bool is_flashed(const GElf_Phdr *segment) {
    return segment->p_type == PT_LOAD && segment->p_filesz > 0;
}

// The range of load addresses.
static int find_code(const struct reader *reader) {
    uint64_t low = UINT64_MAX, high = 0;
    size_t count = 0;
    elf_getphdrnum(reader->elf, &count);
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr segment;
        if (gelf_getphdr(reader->elf, (int)i, &segment) && is_flashed(&segment)) {
            low = segment.p_paddr < low ? segment.p_paddr : low;
            uint64_t end = segment.p_paddr + segment.p_filesz;
            high = end > high ? end : high;
        }
    }
    if (low >= high || high - low > CODE_MAX_BYTES) {
        return fail(reader, "nothing in it is to be flashed, or too much");
    }
    reader->out->code_address = (uint32_t)low;
    reader->out->code_size_bytes = (uint32_t)(high - low);
    return 0;
}

static int read_code(const struct reader *reader) {
    struct cp_firmware_elf *out = reader->out;
    size_t count = 0, file_bytes = 0;
    if (find_code(reader)) {
        return -1;
    }
    const char *file = elf_rawfile(reader->elf, &file_bytes);
    out->code = malloc(out->code_size_bytes);
    if (!out->code || !file) {
        return fail(reader, "out of memory");
    }
    memset(out->code, 0xFF, out->code_size_bytes);
    elf_getphdrnum(reader->elf, &count);
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr segment;
        if (!gelf_getphdr(reader->elf, (int)i, &segment) || !is_flashed(&segment)) {
            continue;
        }
        if (segment.p_offset > file_bytes || segment.p_filesz > file_bytes - segment.p_offset) {
            return fail(reader, "the file is cut off");
        }
        memcpy(out->code + (segment.p_paddr - out->code_address), file + segment.p_offset,
               segment.p_filesz);
    }
    out->hash = cp_hash_bytes(out->code, out->code_size_bytes, out->code_address);
    return 0;
}

static Elf_Scn *section_named(const struct reader *reader, const char *name, GElf_Shdr *header) {
    size_t names = 0;
    elf_getshdrstrndx(reader->elf, &names);
    for (Elf_Scn *section = NULL; (section = elf_nextscn(reader->elf, section)) != NULL;) {
        const char *its_name =
            gelf_getshdr(section, header) ? elf_strptr(reader->elf, names, header->sh_name) : NULL;
        if (its_name && strcmp(its_name, name) == 0) {
            return section;
        }
    }
    return NULL;
}

static void note_symbol(struct cp_firmware_elf *out, const char *name, uint32_t value) {
    if (strcmp(name, "cp_firmware_dfu_mode") == 0) {
        out->dfu_mode_address = value & ~1u;
    } else if (strcmp(name, "cp_firmware_panic_error") == 0) {
        out->panic_error_address = value;
    } else if (strcmp(name, "__vectors_start") == 0) {
        out->vectors_address = value;
    }
}

static int read_symbols(const struct reader *reader) {
    GElf_Shdr header;
    Elf_Scn *section = section_named(reader, ".symtab", &header);
    Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
    if (!data || header.sh_entsize == 0) {
        return fail(reader, "it has no symbols: use the ELF as it was linked");
    }
    reader->out->vectors_address = reader->out->code_address;
    for (size_t i = 0; i < header.sh_size / header.sh_entsize; i++) {
        GElf_Sym symbol;
        const char *name = gelf_getsym(data, (int)i, &symbol)
                               ? elf_strptr(reader->elf, header.sh_link, symbol.st_name)
                               : NULL;
        if (name) {
            note_symbol(reader->out, name, (uint32_t)symbol.st_value);
        }
    }
    return 0;
}

// --- what it says of itself

static bool read_model(struct cp_firmware_elf *out, const char *text) {
    static const struct {
        const char *line;
        enum cp_arm_model model;
    } models[] = {{"cpu=cortex-m0\n", CP_ARM_M0}, {"cpu=cortex-m0plus\n", CP_ARM_M0},
                  {"cpu=cortex-m3\n", CP_ARM_M3}, {"cpu=cortex-m4\n", CP_ARM_M4},
                  {"cpu=cortex-m7\n", CP_ARM_M7}, {"cpu=cortex-m33\n", CP_ARM_M33}};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        if (strncmp(text, models[i].line, strlen(models[i].line)) == 0) {
            out->model = models[i].model;
            out->has_vtor = i != 0; // libunicorn has no M0+, which is an M0 with it
            return true;
        }
    }
    return false;
}

static int read_description(const struct reader *reader) {
    GElf_Shdr header;
    Elf_Scn *section = section_named(reader, ".cutproof", &header);
    Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
    if (!data || !data->d_buf || data->d_size == 0) {
        return fail(reader, "it has no section .cutproof that says what it was built for");
    }
    char text[CP_FIRMWARE_DESCRIPTION_MAX] = "";
    size_t bytes = data->d_size < sizeof text ? data->d_size : sizeof text - 1;
    memcpy(text, data->d_buf, bytes);
    const char *ram = strstr(text, "\nram=");
    const char *rest = ram ? strchr(ram + 1, '\n') : NULL;
    unsigned address, size_bytes;
    if (!read_model(reader->out, text) || !rest ||
        sscanf(ram, "\nram=%x+%x", &address, &size_bytes) != 2) {
        return fail(reader, "its section .cutproof does not begin with cpu= and ram=");
    }
    reader->out->ram_address = address;
    reader->out->ram_size_bytes = size_bytes;
    snprintf(reader->out->description, sizeof reader->out->description, "%s", rest + 1);
    return 0;
}

static int read_all(const struct reader *reader) {
    GElf_Ehdr header;
    if (elf_kind(reader->elf) != ELF_K_ELF || !gelf_getehdr(reader->elf, &header) ||
        header.e_machine != EM_ARM) {
        return fail(reader, "it is no ELF for ARM");
    }
    if (read_code(reader) || read_symbols(reader) || read_description(reader)) {
        return -1;
    }
    return 0;
}

int cp_firmware_elf_read(struct cp_firmware_elf *elf, const char *path,
                         char message[CP_FIRMWARE_MESSAGE_MAX]) {
    struct reader reader = {.out = elf, .message = message};
    *elf = (struct cp_firmware_elf){0};
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return fail(&reader, "there is no such file, or it cannot be read");
    }
    elf_version(EV_CURRENT);
    reader.elf = elf_begin(file, ELF_C_READ, NULL);
    int err = reader.elf ? read_all(&reader) : fail(&reader, "it is no ELF");
    elf_end(reader.elf);
    close(file);
    if (err) {
        cp_firmware_elf_free(elf);
    }
    return err;
}

void cp_firmware_elf_free(struct cp_firmware_elf *elf) {
    free(elf->code);
    elf->code = NULL;
}
