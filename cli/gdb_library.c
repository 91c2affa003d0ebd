// gdb_library.c: see gdb_library.h.
//
// "Debugging with GDB", E.14, "Library List Format". A library has no addresses of its own
// there: gdb is told where each of its segments lies, which is where it is linked to lie.

#include "cli/gdb_library.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NO_LIBRARY "<library-list></library-list>\n"

struct text {
    char *at;
    size_t left;
    bool is_cut_off;
};

static void put(struct text *text, const char *what) {
    size_t length = strlen(what);
    if (length >= text->left) {
        text->is_cut_off = true;
        return;
    }
    memcpy(text->at, what, length + 1);
    text->at += length;
    text->left -= length;
}

static void put_escaped(struct text *text, const char *what) {
    for (; *what; what++) {
        char letter[2] = {*what, '\0'};
        put(text, *what == '&'   ? "&amp;"
                  : *what == '<' ? "&lt;"
                  : *what == '"' ? "&quot;"
                                 : letter);
    }
}

static bool put_segments(struct text *text, const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    elf_version(EV_CURRENT);
    Elf *elf = file < 0 ? NULL : elf_begin(file, ELF_C_READ, NULL);
    size_t count = 0;
    bool is_elf = elf && elf_getphdrnum(elf, &count) == 0;
    for (size_t i = 0; is_elf && i < count; i++) {
        GElf_Phdr segment;
        char line[48];
        if (gelf_getphdr(elf, (int)i, &segment) && segment.p_type == PT_LOAD) {
            snprintf(line, sizeof line, "<segment address=\"0x%llx\"/>",
                     (unsigned long long)segment.p_vaddr);
            put(text, line);
        }
    }
    elf_end(elf);
    if (file >= 0) {
        close(file);
    }
    return is_elf && count > 0;
}

void cp_gdb_library_list(const char *path, char *xml, size_t size) {
    struct text text = {xml, size, path == NULL};
    bool is_elf = false;
    if (path) {
        put(&text, "<library-list><library name=\"");
        put_escaped(&text, path);
        put(&text, "\">");
        is_elf = put_segments(&text, path);
        put(&text, "</library></library-list>\n");
    }
    if (!is_elf || text.is_cut_off) {
        snprintf(xml, size, "%s", NO_LIBRARY);
    }
}
