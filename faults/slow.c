// slow.c: see slow.h. The order of the search, its budgets, and what it comes to.

#include "faults/slow.h"

#include "faults/explorer.h"
#include "faults/slow_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_PER_TICK 2048u
#define NODES_PER_CHECK 256u

void cp_slow_stop(struct cp_slow *s, enum cp_stop reason) {
    if (s->stop == CP_STOP_NONE) {
        s->stop = reason;
    }
}

bool cp_slow_push(struct cp_slow *s, struct cp_slow_list *list, uint32_t item) {
    if (list->count == list->capacity) {
        size_t capacity = 2 * list->capacity + 256;
        uint32_t *items = realloc(list->items, capacity * sizeof(*items));
        if (!items) {
            cp_slow_stop(s, CP_STOP_MEMORY);
            return false;
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = item;
    return true;
}

static uint64_t memory_bytes(const struct cp_slow *s) {
    size_t listed = s->now.capacity + s->next.capacity + s->booted.capacity;
    return cp_slow_states_bytes(s) + listed * sizeof(uint32_t);
}

void cp_slow_tick(struct cp_slow *s) {
    if (++s->events_to_tick < EVENTS_PER_TICK) {
        return;
    }
    s->events_to_tick = 0;
    const struct cp_bounds *bounds = &s->test_case->bounds;
    double seconds = cp_now_seconds() - s->started_seconds;
    if (bounds->seconds_max != CP_UNLIMITED && seconds > bounds->seconds_max) {
        cp_slow_stop(s, CP_STOP_TIME);
    }
    uint64_t memory_max_bytes = bounds->memory_max_bytes;
    if (memory_bytes(s) > (memory_max_bytes ? memory_max_bytes : CP_MEMORY_MAX_BYTES)) {
        cp_slow_stop(s, CP_STOP_MEMORY_BUDGET);
    }
    struct cp_progress progress = {s->test_case, s->state_count, s->result->operations, seconds,
                                   s->nodes[s->boot.node].cuts};
    if (s->sink && s->sink->tick && !s->sink->tick(s->sink->context, &progress)) {
        cp_slow_stop(s, CP_STOP_INTERRUPTED);
    }
}

static void boot_level(struct cp_slow *s) {
    for (size_t i = 0; i < s->now.count && s->stop == CP_STOP_NONE; i++) {
        uint32_t node = s->now.items[i]; // the list may grow and move
        if (node % NODES_PER_CHECK == 0) {
            cp_slow_check_program(s);
        }
        if (s->stop == CP_STOP_NONE && !cp_slow_is_superseded(s, node)) {
            cp_slow_boot_node(s, node);
        }
    }
    cp_slow_end_level(s);
}

static void search(struct cp_slow *s) {
    struct cp_slow_node first = {.parent = CP_NODE_NONE,
                                 .torn_left = s->test_case->bounds.torn_max,
                                 .tokens = CP_BLOB_NONE,
                                 .site = UINT32_MAX,
                                 .edge = CP_EDGE_START,
                                 .is_free = s->options->shard_count <= 1,
                                 .is_uncut = true};
    cp_slow_reach(s, &first);
    while (s->next.count > 0 && s->stop == CP_STOP_NONE) {
        struct cp_slow_list done = s->now;
        s->now = s->next;
        s->next = (struct cp_slow_list){done.items, 0, done.capacity};
        boot_level(s);
    }
    if (s->check_count > 0) {
        cp_slow_check_program(s);
    }
    cp_slow_tell_rest(s);
}

static void collect(struct cp_slow *s) {
    struct cp_result *result = s->result;
    result->seconds = cp_now_seconds() - s->started_seconds;
    result->states = s->state_count;
    cp_uncut_take(&s->uncut, result);
    result->unfed_us_max = s->world.machine->unfed_us_max;
    s->bound_was_hit |= cp_is_uptime_left_out(s->test_case, CP_ENGINE_SLOW);
    result->visited_bytes = memory_bytes(s);
    result->is_wear_exact = s->allowances.page_count > 0 && !s->allowances.ignores_wear;
    memcpy(result->promises, s->world.promises.counts, sizeof(result->promises));
    result->sites = s->sites.sites; // handed over
    result->site_count = s->sites.count;
    s->sites.sites = NULL;
    cp_wear_collect(&s->world.wear, s->test_case->device_count, result);
    cp_slow_collect_cuts(s);
    result->verdict = CP_VERDICT_PROVED;
    if (result->violation_count > 0) {
        result->verdict = CP_VERDICT_VIOLATED;
    } else if (s->bound_was_hit || s->stop != CP_STOP_NONE) {
        result->verdict = CP_VERDICT_BOUNDED;
    }
}

static int init(struct cp_slow *s, const struct cp_program *program) {
    if (cp_world_init(&s->world, s->test_case, program, s->result->error)) {
        return -1;
    }
    s->world.promises.report = cp_slow_on_violation;
    s->world.promises.context = s;
    if (cp_slow_init_states(s)) {
        snprintf(s->result->error, sizeof(s->result->error), "out of memory");
        return -1;
    }
    return 0;
}

static void release(struct cp_slow *s) {
    cp_slow_free_states(s);
    cp_world_free(&s->world);
    cp_sites_free(&s->sites);
    free(s->now.items);
    free(s->next.items);
    free(s->booted.items);
    free(s);
}

void cp_slow_run(const struct cp_case *test_case, const struct cp_program *program,
                 const struct cp_explore_options *options, const struct cp_sink *sink,
                 struct cp_result *result, enum cp_stop *stop) {
    static const struct cp_explore_options defaults;
    memset(result, 0, sizeof(*result));
    result->verdict = CP_VERDICT_ERROR;
    *stop = CP_STOP_NONE;
    struct cp_slow *s = calloc(1, sizeof(*s));
    if (!s) {
        snprintf(result->error, sizeof(result->error), "out of memory");
        return;
    }
    s->test_case = test_case;
    s->options = options ? options : &defaults;
    s->sink = sink;
    s->result = result;
    s->claims_open = test_case->expect.violates & test_case->promises;
    s->started_seconds = cp_now_seconds();
    if (init(s, program) == 0) {
        search(s);
        collect(s);
    }
    *stop = s->stop;
    release(s);
}
