// exit.c: in a build that counts coverage, _exit() first writes the counters.
//
// The worker processes of `cutproof run` leave by _exit(), which calls nothing that was
// registered for the end of a program: what they alone have executed would count as never
// executed. The linker puts this in the place of _exit() (--wrap), so that the program
// itself knows nothing of being measured. A process that is killed writes nothing.

#include <gcov.h>

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

_Noreturn void __wrap__exit(int status) {
    __gcov_dump();
    __real__exit(status);
}
