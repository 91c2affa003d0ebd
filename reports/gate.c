// gate.c: compare two logs, case by case, and put what differs in order.

#include "reports/gate_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADD_RUN(class, what, ...) cp_gate_add(gate, class, "", what, __VA_ARGS__)

// --- the runs

static void compare_engines(struct cp_gate *gate) {
    const struct cp_gate_log *base = &gate->result->base, *fresh = &gate->result->fresh;
    bool is_slower = strcmp(fresh->engine, "slow") == 0;
    if (strcmp(base->engine, fresh->engine) != 0) {
        // The slow engine follows no liveness, so it is NEW that lacks something.
        ADD_RUN(is_slower ? CP_GATE_INCONCLUSIVE : CP_GATE_NOT_COMPARED, "engine",
                "operations of the search, up-times and longest boots: BASE is of the %s engine,"
                " NEW of the %s one, which counts otherwise",
                base->engine, fresh->engine);
    }
    if (base->is_audit && !fresh->is_audit) {
        ADD_RUN(CP_GATE_INCONCLUSIVE, "audit",
                "values of torn words: BASE was run with --audit, NEW was not");
    } else if (fresh->is_audit && !base->is_audit) {
        ADD_RUN(CP_GATE_NOT_COMPARED, "audit",
                "values of torn words: NEW was run with --audit, BASE was not");
    }
}

static void compare_runs(struct cp_gate *gate) {
    const struct cp_gate_log *base = &gate->result->base, *fresh = &gate->result->fresh;
    if (strcmp(base->version, fresh->version) != 0) {
        ADD_RUN(CP_GATE_CHANGED, "version", "cutproof %s; before: %s", fresh->version,
                base->version);
    }
    if (strcmp(base->core_hash, fresh->core_hash) != 0) {
        ADD_RUN(CP_GATE_CHANGED, "core", "the core is another: %s %s; before: %s %s",
                fresh->core_name, fresh->core_hash, base->core_name, base->core_hash);
    }
    compare_engines(gate);
    if (!base->is_complete || !fresh->is_complete) {
        ADD_RUN(CP_GATE_INCONCLUSIVE, "run", "%s incomplete: interrupted, killed, or still running",
                base->is_complete    ? "NEW is"
                : fresh->is_complete ? "BASE is"
                                     : "both logs are");
    }
    if (!gate->base.has_cuts || !gate->fresh.has_cuts) {
        ADD_RUN(gate->base.has_cuts ? CP_GATE_INCONCLUSIVE : CP_GATE_NOT_COMPARED,
                "first_run_bad_ends",
                "cuts of the first run: %s is a log of schema version %d, which has none",
                gate->base.has_cuts ? "NEW" : "BASE",
                (gate->base.has_cuts ? fresh : base)->schema_version);
    }
}

// --- one case

static int read_yaml(struct cp_gate *gate, const struct cp_gate_side *side, const char *file,
                     char **yaml) {
    *yaml = NULL;
    sqlite3_stmt *query =
        cp_gate_prepare_of(gate, side, "SELECT yaml FROM $.scenarios WHERE file = ?1");
    if (!query) {
        return -1;
    }
    sqlite3_bind_text(query, 1, file, -1, SQLITE_STATIC);
    int got = cp_gate_step(gate, query);
    *yaml = got < 0 ? NULL : strdup(got > 0 ? cp_gate_text_at(query, 0) : "");
    sqlite3_finalize(query);
    if (got >= 0 && !*yaml) {
        snprintf(gate->error, CP_MESSAGE_MAX, "out of memory");
    }
    return *yaml ? 0 : -1;
}

static void tell_scenario(struct cp_gate *gate, const struct cp_gate_pair *pair, const char *key,
                          const char *other) {
    const char *name = pair->fresh->name;
    if (key) {
        cp_gate_add(gate, CP_GATE_CHANGED, name, "scenario",
                    "its scenario has another '%s': wear, operations and times are told, and not"
                    " held against thresholds",
                    key);
    } else if (other) {
        cp_gate_add(gate, CP_GATE_CHANGED, name, "scenario", "its scenario has another '%s'",
                    other);
    }
}

// With the same core and version only the scenario is left: then `other` decided after all, as
// with operations that can fail.
static enum cp_gate_relation relation_of(const struct cp_gate *gate,
                                         const struct cp_gate_pair *pair, const char **key,
                                         const char *other) {
    bool is_other_core = strcmp(gate->result->base.core_hash, gate->result->fresh.core_hash) != 0;
    if (strcmp(pair->base->hash, pair->fresh->hash) == 0) {
        return CP_GATE_SAME_CASE;
    }
    if (!is_other_core && !*key) {
        *key = other;
    }
    return *key ? CP_GATE_OTHER_SCENARIO : is_other_core ? CP_GATE_OTHER_CORE : CP_GATE_OTHER_MODEL;
}

static int relate(struct cp_gate *gate, struct cp_gate_pair *pair) {
    char *base = NULL, *fresh = NULL;
    const char *key = NULL, *other = NULL;
    if (pair->base->id == 0 || pair->fresh->id == 0) {
        return 0; // never begun: it has no hash
    }
    int err = read_yaml(gate, &gate->base, pair->base->file, &base);
    err = err ? err : read_yaml(gate, &gate->fresh, pair->fresh->file, &fresh);
    if (!err && strcmp(base, fresh) != 0) {
        key = gate->compare_scenarios(base, fresh, &other);
    }
    free(base);
    free(fresh);
    pair->relation = relation_of(gate, pair, &key, other);
    if (!err && pair->relation == CP_GATE_OTHER_MODEL) {
        cp_gate_add(gate, CP_GATE_CHANGED, pair->fresh->name, "scenario",
                    "means something else to the version of Cutproof that ran NEW: its states are"
                    " compared by number");
    }
    if (!err) {
        tell_scenario(gate, pair, pair->relation == CP_GATE_SAME_CASE ? NULL : key, other);
    }
    return err;
}

static void tell_operations(struct cp_gate *gate, const struct cp_gate_pair *pair,
                            enum cp_gate_limit_id limit, const char *noun, double base,
                            double fresh) {
    bool is_other = pair->relation == CP_GATE_OTHER_SCENARIO;
    cp_gate_tell(gate, &(struct cp_gate_value){
                           .limit = limit,
                           .more = CP_GATE_MORE_IS_WORSE,
                           .subject = pair->fresh->name,
                           .what = cp_gate_limit_rows[limit].name,
                           .noun = noun,
                           .unit = "",
                           .base = base,
                           .fresh = fresh,
                           .worse = "more",
                           .better = "fewer",
                           .detail = is_other ? "the scenario is another" : NULL,
                           .is_told_only = is_other,
                           // of the search: less work is not a better result
                           .is_gain_neutral = limit == CP_GATE_OPERATIONS,
                       });
}

static void compare_operations(struct cp_gate *gate, const struct cp_gate_pair *pair) {
    const struct cp_gate_case *base = pair->base, *fresh = pair->fresh;
    tell_operations(gate, pair, CP_GATE_UNCUT_PROGRAMS, "programs of the uncut lifecycle",
                    base->uncut_programs, fresh->uncut_programs);
    tell_operations(gate, pair, CP_GATE_UNCUT_ERASES, "erases of the uncut lifecycle",
                    base->uncut_erases, fresh->uncut_erases);
    if (strcmp(gate->result->base.engine, gate->result->fresh.engine) != 0) {
        return; // said of the whole run
    }
    tell_operations(gate, pair, CP_GATE_BOOT_OPERATIONS_MAX, "operations of the longest boot",
                    base->boot_operations_max, fresh->boot_operations_max);
    tell_operations(gate, pair, CP_GATE_UPTIME_OPERATIONS,
                    "operations of an up-time that is enough", base->uptime_operations,
                    fresh->uptime_operations);
    tell_operations(gate, pair, CP_GATE_OPERATIONS, "operations of the search", base->operations,
                    fresh->operations);
}

// Of a search that ended at a violation the numbers tell where that was, and nothing else.
static int compare_numbers(struct cp_gate *gate, const struct cp_gate_pair *pair) {
    int err = cp_gate_compare_states(gate, pair);
    err = err ? err : cp_gate_compare_sites(gate, pair);
    err = err ? err : cp_gate_compare_wear(gate, pair);
    err = err ? err : cp_gate_compare_times(gate, pair);
    if (!err) {
        compare_operations(gate, pair);
    }
    return err;
}

static int compare_case(struct cp_gate *gate, struct cp_gate_pair *pair) {
    gate->result->compared_count++;
    int err = relate(gate, pair);
    err = err ? err : cp_gate_compare_verdicts(gate, pair);
    if (!err && cp_gate_has_ended(pair->base) && cp_gate_has_ended(pair->fresh)) {
        err = cp_gate_compare_first_run(gate, pair);
    }
    if (!err && cp_gate_is_whole(pair->base) && cp_gate_is_whole(pair->fresh)) {
        err = compare_numbers(gate, pair);
    }
    return err;
}

// --- all cases

static void tell_disappeared(struct cp_gate *gate, const struct cp_gate_case *base) {
    struct cp_gate_limit limit = cp_gate_limit_for(gate->limits, CP_GATE_DISAPPEARED, base->name);
    bool is_lost = cp_gate_judge(0, 1, CP_GATE_MORE_IS_WORSE, limit) == CP_GATE_WORSE;
    char bound[64];
    snprintf(bound, sizeof bound, limit.is_unlimited ? "no threshold" : "threshold %s",
             cp_gate_number(limit.value).text);
    cp_gate_add(gate, is_lost ? CP_GATE_REGRESSED : CP_GATE_CHANGED, base->name, "disappeared",
                "is not in NEW: 1 case lost (%s); it was %s in BASE", bound,
                cp_gate_has_ended(base) ? base->verdict : "selected");
}

static int compare_with_base(struct cp_gate *gate) {
    int err = 0;
    for (size_t i = 0; !err && i < gate->base.case_count; i++) {
        struct cp_gate_pair pair = {.base = &gate->base.cases[i]};
        pair.fresh = cp_gate_find_case(&gate->fresh, pair.base->name);
        cp_gate_mark_rules(gate->limits, false, pair.base->name);
        if (pair.fresh) {
            err = compare_case(gate, &pair);
        } else {
            tell_disappeared(gate, pair.base);
        }
    }
    return err;
}

static int judge_added(struct cp_gate *gate) {
    int err = 0;
    for (size_t i = 0; !err && i < gate->fresh.case_count; i++) {
        const struct cp_gate_case *fresh = &gate->fresh.cases[i];
        if (!cp_gate_find_case(&gate->base, fresh->name)) {
            cp_gate_mark_rules(gate->limits, false, fresh->name);
            err = cp_gate_judge_added(gate, fresh);
        }
    }
    return err;
}

// Of the cases that both logs have, and that ended in both.
static void compare_seconds(struct cp_gate *gate) {
    double base = 0, fresh = 0;
    for (size_t i = 0; i < gate->base.case_count; i++) {
        const struct cp_gate_case *one = &gate->base.cases[i];
        const struct cp_gate_case *other = cp_gate_find_case(&gate->fresh, one->name);
        if (other && cp_gate_has_ended(one) && cp_gate_has_ended(other)) {
            base += one->seconds;
            fresh += other->seconds;
        }
    }
    cp_gate_tell(gate, &(struct cp_gate_value){
                           .limit = CP_GATE_SECONDS,
                           .more = CP_GATE_MORE_IS_WORSE,
                           .subject = "",
                           .what = "seconds",
                           .noun = "wall time of the searches, on whatever machine,",
                           .unit = " s",
                           .base = base,
                           .fresh = fresh,
                           .worse = "s more",
                           .better = "s less",
                           .is_gain_neutral = true,
                       });
}

static int read_all(struct cp_gate *gate) {
    int err = cp_gate_read_cases(gate, &gate->base);
    err = err ? err : cp_gate_read_cases(gate, &gate->fresh);
    err = err ? err : cp_gate_take_rows(gate, &gate->base);
    err = err ? err : cp_gate_take_rows(gate, &gate->fresh);
    err = err ? err : cp_gate_sum_states(gate, &gate->base);
    return err ? err : cp_gate_sum_states(gate, &gate->fresh);
}

static int compare_all(struct cp_gate *gate) {
    int err = read_all(gate);
    if (err) {
        return err;
    }
    compare_runs(gate);
    err = compare_with_base(gate);
    err = err ? err : judge_added(gate);
    err = err ? err : cp_gate_compare_measures(gate);
    compare_seconds(gate);
    if (gate->result->compared_count == 0) {
        ADD_RUN(CP_GATE_INCONCLUSIVE, "run", "the logs have no case in common");
    }
    if (!err && gate->result->is_out_of_memory) {
        snprintf(gate->error, CP_MESSAGE_MAX, "out of memory");
        err = -1;
    }
    return err;
}

// --- in order

static int copy_class(const struct cp_gate_result *result, enum cp_gate_class class,
                      struct cp_gate_change *out) {
    int count = 0;
    for (size_t i = 0; i < result->change_count; i++) {
        if (result->changes[i].class == class) {
            out[count++] = result->changes[i];
        }
    }
    return count;
}

static int put_in_order(struct cp_gate *gate) {
    struct cp_gate_result *result = gate->result;
    if (result->change_count == 0) {
        return 0;
    }
    struct cp_gate_change *ordered = malloc(result->change_count * sizeof *ordered);
    if (!ordered) {
        snprintf(gate->error, CP_MESSAGE_MAX, "out of memory");
        return -1;
    }
    struct cp_gate_change *next = ordered;
    for (int class = 0; class < CP_GATE_CLASS_COUNT; class ++) {
        next += copy_class(result, (enum cp_gate_class) class, next);
    }
    free(result->changes);
    result->changes = ordered;
    result->change_capacity = result->change_count;
    return 0;
}

int cp_gate_compare(const char *base, const char *fresh, const struct cp_gate_limits *limits,
                    cp_gate_compare_scenarios *compare_scenarios, struct cp_gate_result *result,
                    char *error, char *help) {
    *result = (struct cp_gate_result){0};
    error[0] = help[0] = '\0';
    struct cp_gate gate = {.limits = limits,
                           .compare_scenarios = compare_scenarios,
                           .result = result,
                           .error = error,
                           .help = help};
    int err = cp_gate_open(&gate, base, fresh);
    err = err ? err : compare_all(&gate);
    err = err ? err : put_in_order(&gate);
    free(gate.base.cases);
    free(gate.fresh.cases);
    sqlite3_close(gate.db);
    return err;
}
