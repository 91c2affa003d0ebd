// step_view_terminal.c: the terminal is taken, and given back whatever ends this process.
//
// What gives it back in a signal handler is worked out before: there only write() and
// tcsetattr() may be called.

#include "cli/step_view.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

static struct termios termios_before;
static char restoring[128]; // what the terminal understands as: all as it was
static volatile sig_atomic_t is_taken;
static bool has_colors_here;

static void give_back(void) {
    if (is_taken) {
        is_taken = 0;
        (void)!write(STDOUT_FILENO, restoring, strlen(restoring));
        tcsetattr(STDIN_FILENO, TCSANOW, &termios_before);
    }
}

static void on_end(int signal_number) {
    give_back();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

// Signals that the replay used, to catch a core that crashes, are ours again: it is done.
static void watch_signals(void) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE,  SIGILL, SIGTRAP,
                                  SIGABRT, SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction action = {.sa_handler = on_end, .sa_flags = SA_NODEFER};
    struct itimerval never = {{0, 0}, {0, 0}};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        sigaction(signals[i], &action, NULL);
    }
    setitimer(ITIMER_REAL, &never, NULL); // of the replay too
}

static void append(const char *capability) {
    char name[16];
    snprintf(name, sizeof name, "%s", capability);
    const char *text = tigetstr(name);
    size_t length = strlen(restoring);
    if (text && text != (const char *)-1 && length + strlen(text) < sizeof restoring) {
        snprintf(restoring + length, sizeof restoring - length, "%s", text);
    }
}

static void choose_colors(void) {
    static const short colors[] = {
        [CP_LOOK_GOOD] = COLOR_GREEN, [CP_LOOK_BAD] = COLOR_RED,  [CP_LOOK_DOUBT] = COLOR_YELLOW,
        [CP_LOOK_OLD] = COLOR_CYAN,   [CP_LOOK_DIM] = COLOR_BLUE,
    };
    has_colors_here = *cp_color(stdout, CP_COLOR_BAD) && has_colors();
    if (!has_colors_here) {
        return;
    }
    start_color();
    use_default_colors();
    for (short i = CP_LOOK_GOOD; i <= CP_LOOK_DIM; i++) {
        init_pair(i, colors[i], -1);
    }
}

attr_t cp_view_attributes(enum cp_view_look look) {
    if (has_colors_here) {
        return (attr_t)COLOR_PAIR(look);
    }
    return look == CP_LOOK_BAD || look == CP_LOOK_DOUBT ? A_BOLD : A_NORMAL;
}

enum cp_exit cp_view_terminal_check(void) {
    const char *term = getenv("TERM");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !term || strcmp(term, "dumb") == 0) {
        cp_complain("--step needs a terminal for input and output");
        cp_help("without --step all steps are printed; --until ends them at an event");
        return CP_EXIT_USAGE;
    }
    int status;
    if (setupterm(NULL, STDOUT_FILENO, &status) != OK) {
        cp_complain("the terminal '%s' is not known here", term);
        cp_help("set TERM to one that is, such as xterm or vt100");
        return CP_EXIT_USAGE;
    }
    del_curterm(cur_term);
    return CP_EXIT_OK;
}

enum cp_exit cp_view_terminal_open(void) {
    tcgetattr(STDIN_FILENO, &termios_before);
    unsetenv("LINES"); // they would count for more than what the terminal says of itself
    unsetenv("COLUMNS");
    if (!newterm(NULL, stdout, stdin)) {
        cp_complain("the terminal '%s' cannot show this view", getenv("TERM"));
        return CP_EXIT_USAGE;
    }
    append("sgr0");
    append("rmkx");
    append("rmcup");
    append("cnorm");
    is_taken = 1;
    watch_signals();
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    set_escdelay(50);
    curs_set(0);
    choose_colors();
    return CP_EXIT_OK;
}

void cp_view_terminal_close(void) {
    endwin();
    is_taken = 0;
}
