// gdb_library.h: the application that runs, as gdb is told of a shared library.

#ifndef CP_CLI_GDB_LIBRARY_H
#define CP_CLI_GDB_LIBRARY_H

#include <stddef.h>

// The list of libraries as XML with this ELF in it, at the addresses that it is linked for;
// with none if `path` is NULL, or the file is no ELF, or the text would be too long.
void cp_gdb_library_list(const char *path, char *xml, size_t size);

#endif
