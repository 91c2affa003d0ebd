// gdb_script.c: what gdb is told when a trace is replayed in it.

#include "cli/gdb_script.h"

// The timer of the program would take a core that somebody looks at for one that hangs, so
// it gets no signal of it.
const char cp_gdb_native_script[] = "set confirm off\n"
                                    "set print pretty on\n"
                                    "handle SIGALRM nostop noprint nopass\n"
                                    "break cp_bus_stop_here\n"
                                    "run\n";

// The frame that is chosen is the innermost that is neither of the simulator, nor of a port,
// nor of the core's partition helpers: the line that a replay names too.
const char cp_gdb_to_the_core[] =
    "python\n"
    "def cutproof_is_plumbing(frame):\n"
    "    symtab = frame.find_sal().symtab\n"
    "    name = symtab.filename if symtab else ''\n"
    "    if name.startswith('sim/') and not name.startswith('sim/native/'):\n"
    "        return True\n"
    "    return not name or 'core/port/' in name or '/partition.' in name\n"
    "\n"
    "def cutproof_to_the_core():\n"
    "    try:\n"
    "        frame = gdb.newest_frame()\n"
    "    except gdb.error:\n"
    "        print('The program ended before the event. Was cutproof-debug built of the same "
    "core?')\n"
    "        return\n"
    "    while frame is not None and cutproof_is_plumbing(frame):\n"
    "        frame = frame.older()\n"
    "    if frame is None:\n"
    "        print('No frame has source lines: was the core compiled with -g?')\n"
    "        return\n"
    "    frame.select()\n"
    "    gdb.execute('frame')\n"
    "\n"
    "cutproof_to_the_core()\n"
    "end\n";
