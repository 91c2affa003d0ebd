// gdb_arm.c: replay a trace with the ARM engine, and serve gdb at the moment in which the
// code asks for an operation.
//
// There is no second program here that gdb could run: this one answers it, as a debug probe
// would, for as long as the trace lasts. Each stop is served on the stack of whoever runs the
// machine. From a terminal gdb is started as well; otherwise it is for the user to connect.

#define _GNU_SOURCE
#include "cli/replay.h"

#include "cli/gdb_library.h"
#include "cli/gdb_monitor.h"
#include "cli/gdb_script.h"
#include "cli/gdb_server.h"
#include "cli/gdb_start.h"
#include "sim/arm/debug.h"
#include "sim/arm/program.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct debugging {
    struct cp_replay_debug replay;
    struct cp_arm_debugger debugger;
    struct cp_gdb_target target;
    struct cp_gdb_server server;
    struct cp_gdb_story story;
    const char *gdb; // to start, or NULL
    char elf[CP_GDB_PATH_SIZE];
    char libraries[CP_GDB_PATH_SIZE + 512];
    pid_t child; // gdb, or 0
    bool is_connected, has_failed;
    bool has_changed; // registers or RAM, so that what follows is not the trace
    enum cp_arm_go go;
};

// --- the target, as gdb numbers its registers

static uint32_t arm_register(uint32_t number) {
    switch (number) {
    case CP_GDB_PC: return CP_ARM_DEBUG_PC;
    case CP_GDB_XPSR: return CP_ARM_XPSR;
    case CP_GDB_PRIMASK: return CP_ARM_PRIMASK;
    default: return number;
    }
}

static bool read_register(void *context, uint32_t number, uint32_t *value) {
    (void)context;
    return cp_arm_debug_register(arm_register(number), value);
}

static bool write_register(void *context, uint32_t number, uint32_t value) {
    struct debugging *debugging = context;
    debugging->has_changed = true;
    return cp_arm_debug_set_register(arm_register(number), value);
}

static uint32_t read_memory(void *context, uint32_t address, uint8_t *bytes, uint32_t size_bytes) {
    (void)context;
    return cp_arm_debug_read(address, bytes, size_bytes);
}

static bool write_memory(void *context, uint32_t address, const uint8_t *bytes,
                         uint32_t size_bytes) {
    struct debugging *debugging = context;
    debugging->has_changed = true;
    return cp_arm_debug_write(address, bytes, size_bytes);
}

static bool set_breakpoint(void *context, uint32_t address, bool is_set) {
    (void)context;
    return cp_arm_debug_break(address, is_set);
}

static bool set_watch(void *context, uint32_t address, uint32_t size_bytes, bool is_set) {
    (void)context;
    return cp_arm_debug_watch(address, size_bytes, is_set);
}

static void monitor(void *context, const char *line, char *answer, size_t size) {
    const struct debugging *debugging = context;
    cp_gdb_monitor(&debugging->story, line, answer, size);
}

static const char *libraries(void *context) {
    struct debugging *debugging = context;
    char path[CP_GDB_PATH_SIZE];
    const char *elf = cp_arm_debug_application();
    cp_gdb_library_list(elf ? realpath(elf, path) : NULL, debugging->libraries,
                        sizeof debugging->libraries);
    return debugging->libraries;
}

// --- starting gdb

static const char *installed_gdb(void) {
    static const char *const names[] = {"gdb-multiarch", "arm-none-eabi-gdb"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (cp_gdb_is_on_path(names[i])) {
            return names[i];
        }
    }
    return NULL;
}

static void print_attach(const struct debugging *debugging) {
    const char *gdb = installed_gdb();
    printf("waiting for gdb:\n  %s %s -ex 'target remote 127.0.0.1:%u'\n",
           gdb ? gdb : "gdb-multiarch", debugging->elf, debugging->server.port);
    if (!gdb) {
        cp_help("on Debian and Ubuntu: apt-get install gdb-multiarch");
    }
    fflush(stdout);
}

static _Noreturn void become_gdb(const struct debugging *debugging, const char *script) {
    char folder[CP_GDB_PATH_SIZE], sources[CP_GDB_PATH_SIZE] = "";
    if (cp_gdb_own_folder(folder) == 0) {
        cp_gdb_find_sources(folder, sources);
    }
    unsetenv("DEBUGINFOD_URLS"); // or gdb asks whether it may use the network
    execlp(debugging->gdb, debugging->gdb, "-q", "-iex", *sources ? sources : "echo", "-x", script,
           debugging->elf, (char *)NULL);
    cp_complain("cannot start %s: %s", debugging->gdb, strerror(errno));
    _exit(CP_EXIT_USAGE);
}

// Ctrl-C in gdb is for gdb alone, which passes it on.
static int start_gdb(struct debugging *debugging) {
    char connect[128], script[64];
    snprintf(connect, sizeof connect,
             "set confirm off\nset print pretty on\nset sysroot /\ntarget remote 127.0.0.1:%u\n",
             debugging->server.port);
    if (cp_gdb_make_script(connect, cp_gdb_to_the_core, script)) {
        return -1;
    }
    fflush(stdout);
    debugging->child = fork();
    if (debugging->child == 0) {
        become_gdb(debugging, script);
    }
    signal(SIGINT, SIG_IGN);
    return debugging->child < 0 ? -1 : 0;
}

// --- stops

// Set while the core runs: what arrives then can only be Ctrl-C, or that gdb is gone.
static volatile sig_atomic_t is_running;

static void on_input(int signal_number) {
    (void)signal_number;
    if (is_running) {
        cp_arm_debug_interrupt();
    }
}

static bool connect_gdb(struct debugging *debugging) {
    if (debugging->gdb && start_gdb(debugging)) {
        return false;
    }
    if (!debugging->gdb) {
        print_attach(debugging);
    }
    if (cp_gdb_server_accept(&debugging->server, &debugging->target, debugging->child)) {
        cp_complain("gdb did not connect");
        return false;
    }
    cp_gdb_server_watch(&debugging->server, on_input);
    debugging->is_connected = true;
    return true;
}

// gdb's numbers of signals, which are those of POSIX as far as they go.
static const char *signal_of(enum cp_arm_stop why) {
    switch (why) {
    case CP_ARM_STOP_INTERRUPT: return "02"; // SIGINT
    case CP_ARM_STOP_ILLEGAL: return "04";   // SIGILL
    case CP_ARM_STOP_CRASH: return "0b";     // SIGSEGV
    case CP_ARM_STOP_STALL: return "18";     // SIGXCPU
    case CP_ARM_STOP_EVENT:
    case CP_ARM_STOP_BREAK:
    case CP_ARM_STOP_WATCH:
    case CP_ARM_STOP_STEP:
    case CP_ARM_STOP_PROGRAM: break;
    }
    return "05"; // SIGTRAP
}

static void tell_stop(struct debugging *debugging, enum cp_arm_stop why, const char *message) {
    struct cp_gdb_session *session = &debugging->server.session;
    fflush(stdout);
    if (*message) {
        char text[CP_EVENT_MESSAGE_MAX + 16];
        snprintf(text, sizeof text, "cutproof: %s\n", message);
        cp_gdb_server_print(&debugging->server, text);
    }
    char more[32] = "";
    if (why == CP_ARM_STOP_PROGRAM) {
        snprintf(more, sizeof more, "library:;");
    } else if (why == CP_ARM_STOP_WATCH) {
        snprintf(more, sizeof more, "watch:%x;", (unsigned)cp_arm_debug_watched());
    }
    snprintf(session->stop, sizeof session->stop, "T%sthread:1;%s", signal_of(why), more);
    cp_gdb_server_send(&debugging->server, session->stop);
}

static void leave(struct debugging *debugging, bool is_silent) {
    cp_arm_debug_attach(NULL);
    debugging->replay.is_silent = is_silent;
    debugging->is_connected = false;
    cp_gdb_server_close(&debugging->server);
}

static enum cp_arm_go go_on(struct debugging *debugging, enum cp_arm_go go) {
    debugging->go = go;
    is_running = 1;
    if (cp_gdb_server_is_interrupted(&debugging->server)) { // before the signal counted
        cp_arm_debug_interrupt();
    }
    return go;
}

static enum cp_arm_go serve(struct debugging *debugging) {
    enum cp_gdb_action action = cp_gdb_server_serve(&debugging->server);
    if (action == CP_GDB_DETACH || action == CP_GDB_KILL) {
        leave(debugging, action == CP_GDB_KILL);
        return CP_ARM_GO;
    }
    if (debugging->server.session.reads_libraries) {
        cp_arm_debug_tell_programs();
    }
    return go_on(debugging, action == CP_GDB_STEP ? CP_ARM_GO_STEP : CP_ARM_GO);
}

static bool is_where_it_begins(enum cp_arm_stop why) {
    return why == CP_ARM_STOP_EVENT || why == CP_ARM_STOP_INTERRUPT;
}

static enum cp_arm_go stopped(void *context, enum cp_arm_stop why, const char *message) {
    struct debugging *debugging = context;
    is_running = 0;
    if (!debugging->is_connected) {
        if (!is_where_it_begins(why)) {
            return CP_ARM_GO;
        }
        if (!connect_gdb(debugging)) {
            debugging->has_failed = true;
            leave(debugging, true);
            return CP_ARM_GO;
        }
        return serve(debugging);
    }
    if (why == CP_ARM_STOP_INTERRUPT && !cp_gdb_server_is_interrupted(&debugging->server)) {
        return go_on(debugging, debugging->go); // something else arrived
    }
    tell_stop(debugging, why, message);
    return serve(debugging);
}

// --- the replay

static void on_step(void *context, const struct cp_step *step) {
    struct debugging *debugging = context;
    struct cp_point stop = debugging->replay.stop;
    debugging->story.last = *step;
    if (step->kind == CP_STEP_POWER_ON && stop.event_index == 0 && step->cuts == stop.cuts) {
        cp_arm_debug_interrupt();
    }
}

// The story is told: so is gdb. It may stay with its user.
static void end(struct debugging *debugging) {
    int status;
    fflush(stdout);
    if (debugging->has_changed && !debugging->replay.is_silent) {
        fprintf(stderr, "cutproof: warning: gdb changed registers or RAM: this is the verdict of "
                        "what came of that, and not of the trace\n");
    }
    if (debugging->is_connected) {
        is_running = 0;
        cp_gdb_server_send(&debugging->server, "W00");
    }
    cp_arm_debug_attach(NULL);
    cp_gdb_server_close(&debugging->server);
    while (debugging->child > 0 && waitpid(debugging->child, &status, 0) < 0 && errno == EINTR) {
    }
}

static bool find_elf(struct debugging *debugging) {
    const char *elf = cp_arm_debug_bootloader(); // the survey has run it
    return elf && realpath(elf, debugging->elf);
}

enum cp_exit cp_replay_arm_in_gdb(const struct cp_replay *replay, struct cp_point point) {
    static struct debugging debugging;
    debugging = (struct debugging){
        .replay = {.stop = point, .on_step = on_step, .context = &debugging},
        .debugger = {.stopped = stopped, .context = &debugging},
        .target = {.context = &debugging,
                   .read_register = read_register,
                   .write_register = write_register,
                   .read_memory = read_memory,
                   .write_memory = write_memory,
                   .set_breakpoint = set_breakpoint,
                   .set_watch = set_watch,
                   .monitor = monitor,
                   .libraries = libraries},
        .story = {.test_case = replay->test_case, .trace = replay->id.trace},
        .gdb = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) ? installed_gdb() : NULL,
    };
    if (!find_elf(&debugging) || cp_gdb_server_open(&debugging.server)) {
        cp_complain("cannot serve gdb: %s", strerror(errno));
        return CP_EXIT_INTERNAL;
    }
    cp_gdb_tell_stop(replay, point);
    cp_arm_debug_attach(&debugging.debugger);
    enum cp_exit code = cp_replay_debugged(replay, &debugging.replay);
    end(&debugging);
    return debugging.has_failed ? CP_EXIT_INTERNAL : code;
}
