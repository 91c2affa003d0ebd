// gate_verdict.c: verdicts, violations and claims of a case in both logs.

#include "reports/gate_internal.h"

#include <stdio.h>
#include <string.h>

bool cp_gate_has_ended(const struct cp_gate_case *one) {
    return one->verdict[0] != '\0';
}

static bool is_verdict(const struct cp_gate_case *one, const char *verdict) {
    return strcmp(one->verdict, verdict) == 0;
}

bool cp_gate_is_whole(const struct cp_gate_case *one) {
    return one->is_complete && (is_verdict(one, "PROVED") || is_verdict(one, "BOUNDED"));
}

// --- what a log says of a promise in a case

struct promise {
    bool is_checked, is_claimed, is_violated;
    int64_t times;
    char message[CP_MESSAGE_MAX], replay_id[CP_NAME_MAX + CP_TRACE_MAX + 16];
};

static void take_promise(sqlite3_stmt *row, struct promise *promise) {
    promise->is_checked = true;
    promise->is_claimed = sqlite3_column_int(row, 0) != 0;
    promise->times = sqlite3_column_int64(row, 1);
    promise->is_violated = sqlite3_column_type(row, 2) != SQLITE_NULL;
    snprintf(promise->message, sizeof promise->message, "%s", cp_gate_text_at(row, 2));
    snprintf(promise->replay_id, sizeof promise->replay_id, "%s", cp_gate_text_at(row, 3));
}

static int read_promise(struct cp_gate *gate, const struct cp_gate_side *side, int64_t case_id,
                        const char *name, struct promise *promise) {
    *promise = (struct promise){0};
    sqlite3_stmt *query = cp_gate_prepare_of(
        gate, side,
        "SELECT p.claimed, p.times, v.message, v.replay_id FROM temp.$_promises p"
        " LEFT JOIN temp.$_violations v ON v.case_id = p.case_id AND v.promise = p.promise"
        " WHERE p.case_id = ?1 AND p.promise = ?2");
    if (!query) {
        return -1;
    }
    sqlite3_bind_int64(query, 1, case_id);
    sqlite3_bind_text(query, 2, name, -1, SQLITE_STATIC);
    int got = cp_gate_step(gate, query);
    if (got > 0) {
        take_promise(query, promise);
    }
    sqlite3_finalize(query);
    return got < 0 ? -1 : 0;
}

// --- one promise in both

#define ADD(class, what, ...) cp_gate_add(gate, class, pair->fresh->name, what, __VA_ARGS__)

static const char *in_base(const struct promise *base) {
    return !base->is_checked   ? "BASE did not check it"
           : base->is_violated ? "in BASE that was claimed"
                               : "it held in BASE";
}

static void tell_broken(struct cp_gate *gate, const struct cp_gate_pair *pair, const char *name,
                        const struct promise *base, const struct promise *fresh) {
    bool was_claimed = base->is_violated && base->is_claimed;
    if (!fresh->is_claimed && base->is_violated && !was_claimed) {
        ADD(CP_GATE_UNCHANGED, "violation", "violates %s as before: %s", name, fresh->message);
    } else if (!fresh->is_claimed) {
        bool has_id = fresh->replay_id[0] != '\0';
        ADD(CP_GATE_REGRESSED, "violation", "violates %s (%s): %s%s%s%s", name, in_base(base),
            fresh->message, has_id ? "; cutproof replay '" : "", fresh->replay_id,
            has_id ? "'" : "");
    } else if (base->is_violated && !was_claimed) {
        ADD(CP_GATE_CHANGED, "claim", "violates %s as before, and now claims it", name);
    } else if (!base->is_violated && base->is_checked && !base->is_claimed) {
        ADD(CP_GATE_REGRESSED, "claim", "violates %s, which held in BASE, and claims it: %s", name,
            fresh->message);
    } else if (!base->is_violated) {
        ADD(CP_GATE_CHANGED, "claim", "violates %s as it claims; %s", name,
            base->is_claimed ? "in BASE it held in spite of the claim" : in_base(base));
    }
}

// It held in NEW as far as that looked; and was violated in BASE.
static void tell_held(struct cp_gate *gate, const struct cp_gate_pair *pair, const char *name,
                      const struct promise *fresh) {
    if (fresh->is_claimed) {
        ADD(CP_GATE_REGRESSED, "claim", "claims that %s is broken, and it held", name);
    } else if (cp_gate_is_whole(pair->fresh)) {
        ADD(CP_GATE_IMPROVED, "violation", "%s holds; it was violated in BASE", name);
    } else {
        ADD(CP_GATE_CHANGED, "violation", "%s was violated in BASE; NEW ended before it was seen",
            name);
    }
}

// Is a limit of a count exceeded by one?
static enum cp_gate_class class_of_loss(const struct cp_gate *gate, enum cp_gate_limit_id id,
                                        const char *name, char *bound, size_t size) {
    struct cp_gate_limit limit = cp_gate_limit_for(gate->limits, id, name);
    bool is_lost = cp_gate_judge(1, 0, CP_GATE_MORE_IS_BETTER, limit) == CP_GATE_WORSE;
    snprintf(bound, size, limit.is_unlimited ? "no threshold" : "threshold %s%s",
             cp_gate_number(limit.value).text, limit.is_percent ? "%" : "");
    return is_lost ? CP_GATE_REGRESSED : CP_GATE_CHANGED;
}

static void tell_exercise(struct cp_gate *gate, const struct cp_gate_pair *pair, const char *name,
                          const struct promise *base, const struct promise *fresh) {
    char bound[64];
    enum cp_gate_class class =
        class_of_loss(gate, CP_GATE_PROMISES, pair->fresh->name, bound, sizeof bound);
    if (!fresh->is_checked) {
        ADD(class, "promises", "%s is no longer checked (1 lost, %s)", name, bound);
    } else if (base->times > 0 && fresh->times == 0 && cp_gate_is_whole(pair->fresh)) {
        ADD(class, "promises", "%s is no longer exercised: %s -> 0 times (1 lost, %s)", name,
            cp_gate_number((double)base->times).text, bound);
    } else if (base->times == 0 && fresh->times > 0 && cp_gate_is_whole(pair->base)) {
        ADD(CP_GATE_IMPROVED, "promises", "%s is exercised: 0 -> %s times", name,
            cp_gate_number((double)fresh->times).text);
    }
}

static int compare_promise(struct cp_gate *gate, const struct cp_gate_pair *pair,
                           const char *name) {
    struct promise base, fresh;
    int err = read_promise(gate, &gate->base, pair->base->id, name, &base);
    err = err ? err : read_promise(gate, &gate->fresh, pair->fresh->id, name, &fresh);
    if (err) {
        return err;
    }
    if (fresh.is_violated) {
        tell_broken(gate, pair, name, &base, &fresh);
    } else if (base.is_violated && fresh.is_checked) {
        tell_held(gate, pair, name, &fresh);
    }
    if (base.is_checked) {
        tell_exercise(gate, pair, name, &base, &fresh);
    } else if (!fresh.is_claimed && !fresh.is_violated) {
        ADD(CP_GATE_IMPROVED, "promises", "%s is checked; BASE did not check it", name);
    }
    return 0;
}

int cp_gate_compare_promises(struct cp_gate *gate, const struct cp_gate_pair *pair) {
    sqlite3_stmt *query = cp_gate_prepare(
        gate, "SELECT promise FROM temp.base_promises WHERE case_id = ?1 UNION"
              " SELECT promise FROM temp.fresh_promises WHERE case_id = ?2 ORDER BY 1");
    if (!query) {
        return -1;
    }
    sqlite3_bind_int64(query, 1, pair->base->id);
    sqlite3_bind_int64(query, 2, pair->fresh->id);
    int got;
    while ((got = cp_gate_step(gate, query)) > 0) {
        if (compare_promise(gate, pair, cp_gate_text_at(query, 0)) < 0) {
            got = -1;
            break;
        }
    }
    sqlite3_finalize(query);
    return got < 0 ? -1 : 0;
}

// --- the verdict

static void tell_bound(struct cp_gate *gate, const struct cp_gate_pair *pair) {
    const struct cp_gate_case *base = pair->base, *fresh = pair->fresh;
    bool is_less = fresh->cuts_max >= 0 && (base->cuts_max < 0 || fresh->cuts_max < base->cuts_max);
    if (is_verdict(base, "PROVED") && is_verdict(fresh, "BOUNDED")) {
        ADD(CP_GATE_REGRESSED, "verdict", "PROVED -> BOUNDED: %s", fresh->bound);
    } else if (is_verdict(base, "BOUNDED") && is_verdict(fresh, "PROVED")) {
        ADD(CP_GATE_IMPROVED, "verdict", "BOUNDED -> PROVED: %s", fresh->bound);
    } else if (is_less) {
        ADD(CP_GATE_REGRESSED, "verdict", "fewer cuts in a history: %s; before: %s", fresh->bound,
            base->bound);
    } else if (strcmp(base->bound, fresh->bound) != 0) {
        ADD(CP_GATE_CHANGED, "verdict", "%s; before: %s", fresh->bound, base->bound);
    }
    if (base->is_wear_exact && !fresh->is_wear_exact) {
        ADD(CP_GATE_REGRESSED, "verdict",
            "wear is followed on the paths taken; before: over every history");
    }
}

static void tell_expectation(struct cp_gate *gate, const struct cp_gate_pair *pair) {
    const struct cp_gate_case *base = pair->base, *fresh = pair->fresh;
    if (strcmp(base->expected, fresh->expected) != 0) {
        ADD(CP_GATE_CHANGED, "expect", "expects %s; before: %s", fresh->expected, base->expected);
    }
    if (fresh->states_min < base->states_min) {
        ADD(CP_GATE_CHANGED, "expect", "expects at least %s states; before: %s",
            cp_gate_number((double)fresh->states_min).text,
            cp_gate_number((double)base->states_min).text);
    }
}

// Not as expected, though nothing that is said of it elsewhere tells why.
static void tell_unmet(struct cp_gate *gate, const struct cp_gate_pair *pair) {
    const struct cp_gate_case *fresh = pair->fresh;
    enum cp_gate_class class = pair->base->is_met ? CP_GATE_REGRESSED : CP_GATE_UNCHANGED;
    const char *as_before = pair->base->is_met ? "" : ", as before";
    if (fresh->is_met || is_verdict(fresh, "VIOLATED")) {
        return;
    }
    if (fresh->states < fresh->states_min) {
        ADD(class, "expect", "explored %s states, and expects at least %s%s",
            cp_gate_number((double)fresh->states).text,
            cp_gate_number((double)fresh->states_min).text, as_before);
    } else if (strcmp(fresh->expected, "VIOLATED") != 0) { // else a claim that held, told there
        ADD(class, "expect", "expects %s, and is %s%s: %s", fresh->expected, fresh->verdict,
            as_before, fresh->bound);
    }
}

// A search that a budget or a signal ended has shown less than it was to show.
static void tell_incomplete(struct cp_gate *gate, const struct cp_gate_pair *pair) {
    bool is_base = !pair->base->is_complete;
    if (is_base || !pair->fresh->is_complete) {
        ADD(CP_GATE_INCONCLUSIVE, "verdict", "the search of %s ended early: %s",
            is_base ? "BASE" : "NEW", (is_base ? pair->base : pair->fresh)->bound);
    } else {
        tell_unmet(gate, pair);
    }
}

static int compare_ended(struct cp_gate *gate, const struct cp_gate_pair *pair) {
    tell_expectation(gate, pair);
    int err = cp_gate_compare_promises(gate, pair);
    if (cp_gate_is_whole(pair->base) && cp_gate_is_whole(pair->fresh)) {
        tell_bound(gate, pair);
    }
    tell_incomplete(gate, pair);
    return err;
}

// --- a case that BASE does not have

// What is broken and not claimed, and what is claimed and not broken.
static int tell_alone(struct cp_gate *gate, const struct cp_gate_pair *pair) {
    sqlite3_stmt *query =
        cp_gate_prepare(gate, "SELECT p.promise, p.claimed, v.message FROM temp.fresh_promises p"
                              " LEFT JOIN temp.fresh_violations v ON v.case_id = p.case_id"
                              "  AND v.promise = p.promise"
                              " WHERE p.case_id = ?1 AND p.claimed = (v.promise IS NULL)");
    if (!query) {
        return -1;
    }
    sqlite3_bind_int64(query, 1, pair->fresh->id);
    int got;
    while ((got = cp_gate_step(gate, query)) > 0) {
        const char *promise = cp_gate_text_at(query, 0);
        if (sqlite3_column_int(query, 1)) {
            ADD(CP_GATE_REGRESSED, "claim", "claims that %s is broken, and it held", promise);
        } else {
            ADD(CP_GATE_REGRESSED, "violation", "violates %s (BASE does not tell of it): %s",
                promise, cp_gate_text_at(query, 2));
        }
    }
    sqlite3_finalize(query);
    return got;
}

int cp_gate_judge_added(struct cp_gate *gate, const struct cp_gate_case *fresh) {
    const struct cp_gate_pair only = {.fresh = fresh}, *pair = &only;
    if (!cp_gate_has_ended(fresh)) {
        ADD(CP_GATE_INCONCLUSIVE, "case", "is new, and has not ended");
    } else if (is_verdict(fresh, "ERROR")) {
        ADD(CP_GATE_REGRESSED, "verdict", "is new, and ended in an error: %s", fresh->error);
    } else if (!fresh->is_complete) {
        ADD(CP_GATE_INCONCLUSIVE, "verdict", "is new, and its search ended early: %s",
            fresh->bound);
    } else if (!fresh->is_met && !is_verdict(fresh, "VIOLATED")) {
        ADD(CP_GATE_REGRESSED, "expect", "is new, expects %s, and is %s: %s", fresh->expected,
            fresh->verdict, fresh->bound);
    } else {
        ADD(CP_GATE_ADDED, "case", "is new: %s, %s states", fresh->verdict,
            cp_gate_number((double)fresh->states).text);
    }
    return tell_alone(gate, pair);
}

// --- a case that both have

int cp_gate_compare_verdicts(struct cp_gate *gate, const struct cp_gate_pair *pair) {
    const struct cp_gate_case *base = pair->base, *fresh = pair->fresh;
    if (!cp_gate_has_ended(fresh)) {
        ADD(CP_GATE_INCONCLUSIVE, "verdict",
            fresh->id ? "has not ended in NEW" : "was not begun in NEW");
        return 0;
    }
    bool has_failed = is_verdict(fresh, "ERROR"), had_failed = is_verdict(base, "ERROR");
    if (has_failed) {
        ADD(had_failed ? CP_GATE_INCONCLUSIVE : CP_GATE_REGRESSED, "verdict",
            "ended in an error%s: %s", had_failed ? " in both" : "", fresh->error);
        return 0;
    }
    if (!cp_gate_has_ended(base)) {
        ADD(CP_GATE_INCONCLUSIVE, "verdict", "has not ended in BASE: nothing to compare with");
        return tell_alone(gate, pair);
    }
    if (had_failed) {
        bool is_good = fresh->is_met && fresh->is_complete;
        ADD(is_good ? CP_GATE_IMPROVED : CP_GATE_INCONCLUSIVE, "verdict",
            "%s; it ended in an error in BASE", fresh->verdict);
        return tell_alone(gate, pair);
    }
    return compare_ended(gate, pair);
}
