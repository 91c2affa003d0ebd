// workers.c: a process for each search, and a pipe from each to here.
//
// A worker knows nothing but its search: it writes to its pipe, touches neither the
// log nor the terminal, and leaves by _exit(). If it dies only its search is lost.

#include "cli/workers.h"

#include "cli/progress.h"
#include "cli/text.h"
#include "cli/worker_wire.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POLL_MS        100
#define TELL_PERIOD_NS 100000000

struct worker {
    struct cp_task task;
    pid_t pid; // 0: no worker
    int pipe;
    struct cp_wire_in in;
    struct cp_wire_progress progress;
    struct cp_result result;
    bool has_result, is_refused; // its client wants no more rows
};

struct pool {
    const struct cp_program *program;
    const struct cp_workers_client *client;
    struct worker *workers;
    struct pollfd *polls;
    uint32_t jobs, running;
    bool is_ending; // the workers were told to end
};

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// --- in this process

struct inline_search {
    const struct cp_workers_client *client;
    const struct cp_task *task;
};

static int take_row_here(void *context, const struct cp_state_row *row) {
    const struct inline_search *search = context;
    return search->client->row(search->client->context, search->task, row);
}

static bool tick_here(void *context, const struct cp_progress *progress) {
    const struct inline_search *search = context;
    return search->client->tick(search->client->context, progress, 0);
}

static void run_here(const struct cp_program *program, const struct cp_workers_client *client) {
    struct cp_task task;
    while (client->next(client->context, &task)) {
        struct inline_search search = {client, &task};
        const struct cp_sink sink = {&search, take_row_here, tick_here};
        struct cp_result result;
        cp_explore(task.test_case, program, &task.options, &sink, &result);
        client->ended(client->context, &task, &result);
    }
}

// --- the worker

struct teller {
    struct cp_wire_out out;
    int64_t told_at_ns;
};

static int tell_row(void *context, const struct cp_state_row *row) {
    struct teller *teller = context;
    return cp_wire_put_row(&teller->out, row);
}

static bool tell_progress(void *context, const struct cp_progress *progress) {
    struct teller *teller = context;
    int64_t now = now_ns();
    if (now - teller->told_at_ns >= TELL_PERIOD_NS) {
        const struct cp_wire_progress told = {progress->states, progress->operations,
                                              progress->seconds, progress->cuts_now};
        teller->told_at_ns = now;
        if (cp_wire_put_progress(&teller->out, &told) < 0) {
            return false;
        }
    }
    return !cp_progress_is_stopped();
}

static _Noreturn void work(const struct pool *pool, const struct cp_task *task, int pipe) {
    static struct teller teller; // too large for a stack that signals share
    const struct cp_sink sink = {&teller, tell_row, tell_progress};
    struct cp_result result;
    teller.out.file = pipe;
    cp_explore(task->test_case, pool->program, &task->options, &sink, &result);
    _exit(cp_wire_put_result(&teller.out, task->part, &result) < 0 ? 1 : 0);
}

// --- its life, from here

// The pipes of the others are theirs and ours: a worker that kept the end of one open
// would keep us from seeing that its writer died.
static void close_pipes(const struct pool *pool) {
    for (uint32_t i = 0; i < pool->jobs; i++) {
        if (pool->workers[i].pid != 0) {
            close(pool->workers[i].pipe);
        }
    }
}

// A worker is born with our handlers and without our timer. If the simulated CPU has set
// one here, to replay a failure, it would not set it again there.
struct birth {
    pid_t parent;
    int pipes[2];
    struct itimerval timer;
};

static _Noreturn void become_worker(const struct pool *pool, const struct cp_task *task,
                                    const struct birth *birth) {
    cp_progress_catch_signals_again();
    setitimer(ITIMER_REAL, &birth->timer, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != birth->parent) {
        _exit(1); // the parent died before it could be asked to take us along
    }
    close(birth->pipes[0]);
    close_pipes(pool);
    work(pool, task, birth->pipes[1]);
}

static void end_in_error(const struct pool *pool, const struct cp_task *task, const char *error) {
    struct cp_result result = {.verdict = CP_VERDICT_ERROR, .cuts_max = CP_UNLIMITED};
    snprintf(result.error, sizeof result.error, "%s", error);
    pool->client->ended(pool->client->context, task, &result);
}

static void start(struct pool *pool, struct worker *worker, const struct cp_task *task) {
    struct birth birth = {.parent = getpid()};
    char error[CP_MESSAGE_MAX];
    if (pipe(birth.pipes) < 0) {
        snprintf(error, sizeof error, "cannot make a pipe to a worker: %s", strerror(errno));
        end_in_error(pool, task, error);
        return;
    }
    getitimer(ITIMER_REAL, &birth.timer);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        become_worker(pool, task, &birth);
    }
    close(birth.pipes[1]);
    if (pid < 0) {
        close(birth.pipes[0]);
        snprintf(error, sizeof error, "cannot start a worker: %s", strerror(errno));
        end_in_error(pool, task, error);
        return;
    }
    *worker = (struct worker){.task = *task, .pid = pid, .pipe = birth.pipes[0]};
    pool->running++;
}

static void start_more(struct pool *pool) {
    struct cp_task task;
    for (uint32_t i = 0; i < pool->jobs && !pool->is_ending; i++) {
        while (pool->workers[i].pid == 0 && pool->client->next(pool->client->context, &task)) {
            start(pool, &pool->workers[i], &task);
        }
    }
}

static void describe_death(const struct worker *worker, int status, char *error, size_t size) {
    if (WIFSIGNALED(status)) {
        snprintf(error, size, "its worker process was killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    } else if (worker->is_refused) {
        snprintf(error, size, "stopped because the log could not be written");
    } else {
        snprintf(error, size, "its worker process ended with exit code %d and without a result",
                 WEXITSTATUS(status));
    }
}

// Take leave of a worker; what it did not tell is lost.
static int release(struct pool *pool, struct worker *worker) {
    int status = 0;
    close(worker->pipe);
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR) {
    }
    cp_wire_in_free(&worker->in);
    worker->pid = 0;
    pool->running--;
    return status;
}

static void reap(struct pool *pool, struct worker *worker) {
    char error[CP_MESSAGE_MAX];
    const struct cp_task task = worker->task; // the client may start another one here
    int status = release(pool, worker);
    if (worker->has_result) {
        pool->client->ended(pool->client->context, &task, &worker->result);
        return;
    }
    describe_death(worker, status, error, sizeof error);
    end_in_error(pool, &task, error);
}

static void drop_all(struct pool *pool) {
    for (uint32_t i = 0; i < pool->jobs; i++) {
        struct worker *worker = &pool->workers[i];
        if (worker->pid != 0) {
            kill(worker->pid, SIGKILL);
            release(pool, worker);
            if (worker->has_result) {
                cp_result_free(&worker->result);
            }
        }
    }
}

// --- what it tells

struct source {
    const struct pool *pool;
    struct worker *worker;
};

static int take_rows(void *context, const struct cp_state_row *rows, uint32_t count) {
    const struct source *source = context;
    const struct cp_workers_client *client = source->pool->client;
    int err = 0;
    for (uint32_t i = 0; !err && i < count; i++) {
        err = client->row(client->context, &source->worker->task, &rows[i]);
    }
    source->worker->is_refused |= err < 0;
    return err;
}

static int take_progress(void *context, const struct cp_wire_progress *progress) {
    const struct source *source = context;
    source->worker->progress = *progress;
    return 0;
}

static int take_result(void *context, uint32_t part, struct cp_result *result) {
    const struct source *source = context;
    (void)part;
    source->worker->result = *result;
    source->worker->has_result = true;
    return 0;
}

static void listen_to(struct pool *pool, struct worker *worker) {
    struct source source = {pool, worker};
    const struct cp_wire_taker taker = {&source, take_rows, take_progress, take_result, NULL};
    int more = cp_wire_take(&worker->in, worker->pipe, &taker);
    if (more < 0) {
        kill(worker->pid, SIGKILL);
    }
    if (more <= 0) {
        reap(pool, worker);
    }
}

// --- all of them

static void listen_to_all(struct pool *pool) {
    for (uint32_t i = 0; i < pool->jobs; i++) {
        const struct worker *worker = &pool->workers[i];
        pool->polls[i] = (struct pollfd){worker->pid != 0 ? worker->pipe : -1, POLLIN, 0};
    }
    if (poll(pool->polls, pool->jobs, POLL_MS) < 0) {
        return; // a signal; seen by tick()
    }
    for (uint32_t i = 0; i < pool->jobs; i++) {
        if (pool->polls[i].revents != 0) {
            listen_to(pool, &pool->workers[i]);
        }
    }
}

// The parts of one case are told as one. Their states overlap: it is a bit too many.
static struct cp_progress progress_of_first(const struct pool *pool, uint32_t *others) {
    struct cp_progress sum = {0};
    const struct worker *first = NULL;
    *others = 0;
    for (uint32_t i = 0; i < pool->jobs; i++) {
        const struct worker *worker = &pool->workers[i];
        if (worker->pid != 0 && (!first || worker->task.case_index < first->task.case_index)) {
            first = worker;
        }
    }
    for (uint32_t i = 0; first && i < pool->jobs; i++) {
        const struct worker *worker = &pool->workers[i];
        const struct cp_wire_progress *more = &worker->progress;
        if (worker->pid == 0 || worker->task.case_index != first->task.case_index) {
            *others += worker->pid != 0;
            continue;
        }
        sum.test_case = worker->task.test_case;
        sum.states += more->states;
        sum.operations += more->operations;
        sum.seconds = more->seconds > sum.seconds ? more->seconds : sum.seconds;
        sum.cuts_now = more->cuts_now > sum.cuts_now ? more->cuts_now : sum.cuts_now;
    }
    return sum;
}

// Workers that are in the group of a terminal have had the signal already.
static void tell_all_to_end(struct pool *pool) {
    pool->is_ending = true;
    for (uint32_t i = 0; i < pool->jobs; i++) {
        if (pool->workers[i].pid != 0) {
            kill(pool->workers[i].pid, SIGTERM);
        }
    }
}

static void watch(struct pool *pool) {
    uint32_t others;
    const struct cp_progress progress = progress_of_first(pool, &others);
    bool goes_on =
        !progress.test_case || pool->client->tick(pool->client->context, &progress, others);
    if (!goes_on && !pool->is_ending) {
        tell_all_to_end(pool);
    }
}

static void run_pool(struct pool *pool) {
    start_more(pool);
    while (pool->running > 0) {
        listen_to_all(pool);
        watch(pool);
        if (pool->client->must_drop(pool->client->context)) {
            drop_all(pool);
            return;
        }
        start_more(pool);
    }
}

void cp_workers_run(uint32_t jobs, const struct cp_program *program,
                    const struct cp_workers_client *client) {
    struct pool pool = {.program = program, .client = client, .jobs = jobs};
    pool.workers = jobs > 1 ? calloc(jobs, sizeof *pool.workers) : NULL;
    pool.polls = jobs > 1 ? calloc(jobs, sizeof *pool.polls) : NULL;
    if (pool.workers && pool.polls) {
        run_pool(&pool);
    } else {
        run_here(program, client);
    }
    free(pool.workers);
    free(pool.polls);
}
