// gdb_script.h: what gdb is told when a trace is replayed in it.

#ifndef CP_CLI_GDB_SCRIPT_H
#define CP_CLI_GDB_SCRIPT_H

extern const char cp_gdb_native_script[]; // to the stop, in the host build
extern const char cp_gdb_to_the_core[];   // and from there to the frame that a reader wants

#endif
