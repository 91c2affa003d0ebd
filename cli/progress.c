// progress.c: the live line while cases run, and stopping on signals.

#include "cli/progress.h"

#include "cli/text.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <time.h>

#define LIVE_PERIOD_S      0.1
#define HEARTBEAT_PERIOD_S 30.0
#define RATE_SECONDS_MIN   0.5 // before that a rate says nothing

static volatile sig_atomic_t is_stopped;
static bool is_line_shown;
static uint32_t others_running;
static double shown_at_s; // on the monotonic clock

static void on_signal(int number) {
    (void)number;
    is_stopped = 1;
}

static void catch_signals(int more_flags) {
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags = SA_ONSTACK | SA_RESTART | more_flags};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

// A handler on the stack of the program under test would leave its frame in
// memory that counts as the machine's state, so it has a stack of its own.
void cp_progress_catch_signals(void) {
    static char stack[64 * 1024];
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&own, NULL);
    catch_signals((int)SA_RESETHAND);
}

void cp_progress_catch_signals_again(void) {
    catch_signals(0);
}

bool cp_progress_is_stopped(void) {
    return is_stopped != 0;
}

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// What is known of the time to go. min_states is only a lower bound on the
// states and a budget only an upper bound on the time, and so they are named;
// when neither is there nothing is known, and nothing is said.
static void describe_rest(const struct cp_progress *progress, char *out, size_t size) {
    const struct cp_case *test_case = progress->test_case;
    double rate = (double)progress->states / progress->seconds;
    out[0] = '\0';
    if (progress->states < test_case->expect.states_min && rate > 0) {
        double rest = (double)(test_case->expect.states_min - progress->states) / rate;
        snprintf(out, size, "  ETA >= %s (min_states)", cp_duration(rest).text);
    } else if (test_case->bounds.seconds_max != CP_UNLIMITED) {
        double rest = (double)test_case->bounds.seconds_max - progress->seconds;
        snprintf(out, size, "  ETA <= %s (budget)", cp_duration(rest > 0 ? rest : 0).text);
    }
}

static void describe(const struct cp_progress *progress, char *out, size_t size) {
    char rest[64] = "", rate[48] = "", more[32] = "";
    if (progress->seconds >= RATE_SECONDS_MIN) {
        double per_second = (double)progress->states / progress->seconds;
        snprintf(rate, sizeof rate, "  %s states/s", cp_number((uint64_t)per_second).text);
        describe_rest(progress, rest, sizeof rest);
    }
    if (others_running > 0) {
        snprintf(more, sizeof more, "  +%u running", others_running);
    }
    snprintf(out, size, "[%8s] %s  %s states%s  cut %u deep%s%s",
             cp_duration(progress->seconds).text, progress->test_case->name,
             cp_number(progress->states).text, rate, progress->cuts_now, rest, more);
}

void cp_progress_set_others(uint32_t others) {
    others_running = others;
}

// A line longer than the terminal would wrap and could not be taken away again.
static int columns(void) {
    struct winsize size;
    if (ioctl(fileno(stderr), TIOCGWINSZ, &size) == 0 && size.ws_col > 1) {
        return size.ws_col - 1;
    }
    return 79;
}

bool cp_progress_tick(void *context, const struct cp_progress *progress) {
    (void)context;
    bool is_live = cp_is_live(stderr);
    double now = now_s();
    if (shown_at_s == 0 && !is_live) {
        shown_at_s = now; // the first heartbeat is due a period after the start
    }
    if (now - shown_at_s >= (is_live ? LIVE_PERIOD_S : HEARTBEAT_PERIOD_S)) {
        char line[320];
        describe(progress, line, sizeof line);
        if (is_live) {
            fprintf(stderr, "\r\033[K%.*s", columns(), line);
        } else {
            fprintf(stderr, "%s\n", line);
        }
        fflush(stderr);
        is_line_shown = is_live;
        shown_at_s = now;
    }
    return !is_stopped;
}

void cp_progress_clear(void) {
    if (is_line_shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        is_line_shown = false;
    }
}
