// gate_rows.c: places that are cut, wear, times and the first run of a case in both logs.

#include "reports/gate_internal.h"

#include <stdio.h>
#include <string.h>

#define ADD(class, what, ...) cp_gate_add(gate, class, pair->fresh->name, what, __VA_ARGS__)

static bool is_other_scenario(const struct cp_gate_pair *pair) {
    return pair->relation == CP_GATE_OTHER_SCENARIO;
}

// Prepare a query of a pair: ?1 is the case in BASE, ?2 in NEW, ?3 is 1 for the same case.
static sqlite3_stmt *ask(struct cp_gate *gate, const struct cp_gate_pair *pair, const char *sql) {
    sqlite3_stmt *query = cp_gate_prepare(gate, sql);
    if (query) {
        sqlite3_bind_int64(query, 1, pair->base->id);
        sqlite3_bind_int64(query, 2, pair->fresh->id);
        sqlite3_bind_int64(query, 3, pair->relation == CP_GATE_SAME_CASE);
    }
    return query;
}

// --- sites

struct sites {
    double base, fresh; // places and what was done to them: executed, cut after, torn
    double lost;
    char example[CP_MESSAGE_MAX];
};

// In another core lines move, so that a place is a function and what it does. A function that
// no case of NEW executes was removed or has another name: that is no loss of a search.
#define SAME_PLACE                                                                                 \
    "f.case_id = ?2 AND f.function = b.function AND f.operation = b.operation"                     \
    " AND f.times > 0 AND (NOT ?3 OR (f.file = b.file AND f.line = b.line))"

static const char lost_sites_sql[] =
    "SELECT b.operation, b.function, b.file, b.line, b.fault,"
    "  NOT ?3 AND NOT EXISTS (SELECT 1 FROM temp.fresh_sites f"
    "   WHERE f.function = b.function AND f.times > 0) AS is_gone"
    " FROM temp.base_sites b WHERE b.case_id = ?1 AND b.times > 0"
    "  AND NOT EXISTS (SELECT 1 FROM temp.fresh_sites f WHERE " SAME_PLACE " AND f.fault = b.fault)"
    // of a place that is not executed any more that is told, and not that it is not cut
    "  AND (b.fault = 'none' OR EXISTS (SELECT 1 FROM temp.fresh_sites f WHERE " SAME_PLACE
    "   AND f.fault = 'none'))"
    " GROUP BY b.function, b.operation, b.fault, CASE WHEN ?3 THEN b.file || b.line END"
    " ORDER BY b.file, b.line";

static void take_lost_site(struct cp_gate *gate, const struct cp_gate_pair *pair, sqlite3_stmt *row,
                           struct sites *sites) {
    const char *fault = cp_gate_text_at(row, 4), *function = cp_gate_text_at(row, 1);
    bool is_run = strcmp(fault, "none") == 0;
    if (sqlite3_column_int(row, 5)) {
        ADD(CP_GATE_CHANGED, "sites", "no case of NEW executes %s any more: removed or renamed",
            function);
        return;
    }
    if (sites->lost == 0) {
        snprintf(sites->example, sizeof sites->example,
                 "for example the %s in %.60s (%.100s:%d) is no longer %s%s",
                 cp_gate_text_at(row, 0), function, cp_gate_text_at(row, 2),
                 sqlite3_column_int(row, 3), is_run ? "executed" : "cut: ", is_run ? "" : fault);
    }
    sites->lost++;
}

static int count_sites(struct cp_gate *gate, const struct cp_gate_pair *pair, struct sites *sites) {
    sqlite3_stmt *query = ask(gate, pair,
                              "SELECT (SELECT count(*) FROM temp.base_sites"
                              "  WHERE case_id = ?1 AND times > 0), (SELECT count(*)"
                              "  FROM temp.fresh_sites WHERE case_id = ?2 AND times > 0), ?3");
    int got = query ? cp_gate_step(gate, query) : -1;
    if (got > 0) {
        sites->base = sqlite3_column_double(query, 0);
        sites->fresh = sqlite3_column_double(query, 1);
    }
    sqlite3_finalize(query);
    return got < 0 ? -1 : 0;
}

int cp_gate_compare_sites(struct cp_gate *gate, const struct cp_gate_pair *pair) {
    struct sites sites = {0};
    int err = count_sites(gate, pair, &sites);
    sqlite3_stmt *query = err ? NULL : ask(gate, pair, lost_sites_sql);
    int got = query ? 1 : -1;
    while (got > 0 && (got = cp_gate_step(gate, query)) > 0) {
        take_lost_site(gate, pair, query, &sites);
    }
    sqlite3_finalize(query);
    bool is_more = pair->relation == CP_GATE_SAME_CASE && sites.fresh > sites.base;
    if (got == 0 && (sites.lost > 0 || is_more)) {
        cp_gate_tell(gate, &(struct cp_gate_value){
                               .limit = CP_GATE_SITES,
                               .more = CP_GATE_MORE_IS_BETTER,
                               .subject = pair->fresh->name,
                               .what = "sites",
                               .noun = "places and how they are cut",
                               .unit = "",
                               .base = sites.base,
                               .fresh = sites.fresh,
                               .worse_by = sites.lost,
                               .worse = "lost",
                               .better = "more",
                               .detail = sites.lost > 0 ? sites.example : NULL,
                           });
    }
    return got;
}

// --- wear

struct wear {
    double worst_base, worst_fresh, best_base, best_fresh; // of the page with the largest change
    int worst_device, worst_page, best_device, best_page;
    int worse_count;
    double max_base, max_fresh; // of all pages
};

static double larger(double one, double other) {
    return one > other ? one : other;
}

static void take_wear(sqlite3_stmt *row, int column, struct wear *wear) {
    double base = sqlite3_column_double(row, column),
           fresh = sqlite3_column_double(row, column + 1);
    wear->max_base = larger(wear->max_base, base);
    wear->max_fresh = larger(wear->max_fresh, fresh);
    wear->worse_count += fresh > base;
    if (fresh - base > wear->worst_fresh - wear->worst_base) {
        wear->worst_base = base;
        wear->worst_fresh = fresh;
        wear->worst_device = sqlite3_column_int(row, 0);
        wear->worst_page = sqlite3_column_int(row, 1);
    } else if (fresh - base < wear->best_fresh - wear->best_base) {
        wear->best_base = base;
        wear->best_fresh = fresh;
        wear->best_device = sqlite3_column_int(row, 0);
        wear->best_page = sqlite3_column_int(row, 1);
    }
}

static void tell_wear(struct cp_gate *gate, const struct cp_gate_pair *pair,
                      enum cp_gate_limit_id limit, const char *noun, const struct wear *wear) {
    char detail[128], more[32] = "";
    bool is_worse = wear->worse_count > 0, is_other = is_other_scenario(pair);
    bool is_exact = pair->base->is_wear_exact && pair->fresh->is_wear_exact;
    if (wear->worse_count > 1) {
        snprintf(more, sizeof more, " and %d more", wear->worse_count - 1);
    }
    snprintf(detail, sizeof detail, "device %d, page %d%s%s",
             is_worse ? wear->worst_device : wear->best_device,
             is_worse ? wear->worst_page : wear->best_page, more,
             is_exact ? "" : "; of the paths taken");
    cp_gate_tell(gate, &(struct cp_gate_value){
                           .limit = limit,
                           .more = CP_GATE_MORE_IS_WORSE,
                           .subject = pair->fresh->name,
                           .what = cp_gate_limit_rows[limit].name,
                           .noun = noun,
                           .unit = "",
                           .base = is_other   ? wear->max_base
                                   : is_worse ? wear->worst_base
                                              : wear->best_base,
                           .fresh = is_other   ? wear->max_fresh
                                    : is_worse ? wear->worst_fresh
                                               : wear->best_fresh,
                           .worse = "more",
                           .better = "fewer",
                           .detail = is_other ? "of all pages; the scenario is another" : detail,
                           .is_told_only = is_other,
                       });
}

int cp_gate_compare_wear(struct cp_gate *gate, const struct cp_gate_pair *pair) {
    struct wear erases = {0}, excess = {0};
    sqlite3_stmt *query =
        ask(gate, pair,
            "SELECT p.device, p.page, b.erases_max, f.erases_max, b.excess_max, f.excess_max, ?3"
            " FROM (SELECT device, page FROM temp.base_wear WHERE case_id = ?1"
            "  UNION SELECT device, page FROM temp.fresh_wear WHERE case_id = ?2) p"
            " LEFT JOIN temp.base_wear b"
            "  ON b.case_id = ?1 AND b.device = p.device AND b.page = p.page"
            " LEFT JOIN temp.fresh_wear f"
            "  ON f.case_id = ?2 AND f.device = p.device AND f.page = p.page");
    int got = query ? 1 : -1;
    while (got > 0 && (got = cp_gate_step(gate, query)) > 0) {
        take_wear(query, 2, &erases);
        take_wear(query, 4, &excess);
    }
    sqlite3_finalize(query);
    if (got == 0) {
        tell_wear(gate, pair, CP_GATE_ERASES_MAX, "most erases of a page in one update", &erases);
        tell_wear(gate, pair, CP_GATE_EXCESS_MAX,
                  "most erases of a page beyond one for each power loss", &excess);
    }
    return got;
}

// --- times

static const struct time_limit {
    const char *name;
    enum cp_gate_limit_id limit;
    const char *noun;
    bool is_of_fast_engine;
} time_limits[] = {
    {"uncut", CP_GATE_TIME_UNCUT, "time of the uncut lifecycle", false},
    {"update", CP_GATE_TIME_UPDATE, "time of the update", false},
    {"revert", CP_GATE_TIME_REVERT, "time of the revert", false},
    {"resume-max", CP_GATE_TIME_RESUME_MAX, "time of the longest boot", true},
    {"uptime", CP_GATE_TIME_UPTIME, "up-time that is enough", true},
    {"unfed-max", CP_GATE_TIME_UNFED_MAX, "time without feeding the watchdog", false},
};

static const struct time_limit *find_time(const char *name) {
    for (size_t i = 0; i < sizeof time_limits / sizeof time_limits[0]; i++) {
        if (strcmp(time_limits[i].name, name) == 0) {
            return &time_limits[i];
        }
    }
    return NULL;
}

static void tell_time(struct cp_gate *gate, const struct cp_gate_pair *pair,
                      const struct time_limit *time, double base, double fresh) {
    cp_gate_tell(gate, &(struct cp_gate_value){
                           .limit = time->limit,
                           .more = CP_GATE_MORE_IS_WORSE,
                           .subject = pair->fresh->name,
                           .what = cp_gate_limit_rows[time->limit].name,
                           .noun = time->noun,
                           .unit = " us",
                           .base = base,
                           .fresh = fresh,
                           .worse = "us more",
                           .better = "us less",
                           .detail = is_other_scenario(pair) ? "the scenario is another" : NULL,
                           .is_told_only = is_other_scenario(pair),
                       });
}

static void take_time(struct cp_gate *gate, const struct cp_gate_pair *pair, sqlite3_stmt *row) {
    const struct time_limit *time = find_time(cp_gate_text_at(row, 0));
    bool has_base = sqlite3_column_type(row, 1) != SQLITE_NULL;
    bool has_fresh = sqlite3_column_type(row, 2) != SQLITE_NULL;
    bool is_comparable = strcmp(gate->result->base.engine, gate->result->fresh.engine) == 0;
    if (!time || (time->is_of_fast_engine && !is_comparable)) {
        return; // said of the whole run
    }
    if (has_base && has_fresh) {
        tell_time(gate, pair, time, sqlite3_column_double(row, 1), sqlite3_column_double(row, 2));
    } else if (has_base) {
        ADD(is_other_scenario(pair) ? CP_GATE_CHANGED : CP_GATE_INCONCLUSIVE,
            cp_gate_limit_rows[time->limit].name, "%s: NEW has none, BASE %s us", time->noun,
            cp_gate_number(sqlite3_column_double(row, 1)).text);
    } else {
        ADD(CP_GATE_NOT_COMPARED, cp_gate_limit_rows[time->limit].name,
            "%s: BASE has none, NEW %s us", time->noun,
            cp_gate_number(sqlite3_column_double(row, 2)).text);
    }
}

int cp_gate_compare_times(struct cp_gate *gate, const struct cp_gate_pair *pair) {
    sqlite3_stmt *query =
        ask(gate, pair,
            "SELECT n.name, (SELECT time_us FROM temp.base_times"
            "  WHERE case_id = ?1 AND name = n.name), (SELECT time_us FROM temp.fresh_times"
            "  WHERE case_id = ?2 AND name = n.name), ?3"
            " FROM (SELECT name FROM temp.base_times WHERE case_id = ?1"
            "  UNION SELECT name FROM temp.fresh_times WHERE case_id = ?2) n");
    int got = query ? 1 : -1;
    while (got > 0 && (got = cp_gate_step(gate, query)) > 0) {
        take_time(gate, pair, query);
    }
    sqlite3_finalize(query);
    return got;
}

// --- the cuts of the first run

static void take_first_run(struct cp_gate *gate, const struct cp_gate_pair *pair,
                           sqlite3_stmt *row) {
    bool has_base = sqlite3_column_type(row, 0) != SQLITE_NULL;
    bool has_fresh = sqlite3_column_type(row, 1) != SQLITE_NULL;
    if (has_base && has_fresh) {
        cp_gate_tell(gate, &(struct cp_gate_value){
                               .limit = CP_GATE_FIRST_RUN_BAD_ENDS,
                               .more = CP_GATE_MORE_IS_WORSE,
                               .subject = pair->fresh->name,
                               .what = "first_run_bad_ends",
                               .noun = "cuts of the first run that end in a mix or in no boot",
                               .unit = "",
                               .base = sqlite3_column_double(row, 0),
                               .fresh = sqlite3_column_double(row, 1),
                               .worse = "more",
                               .better = "fewer",
                               .is_told_only = is_other_scenario(pair),
                           });
    } else if (has_base && gate->fresh.has_cuts) {
        ADD(CP_GATE_INCONCLUSIVE, "first_run_bad_ends", "NEW does not tell of its first run");
    }
}

int cp_gate_compare_first_run(struct cp_gate *gate, const struct cp_gate_pair *pair) {
    sqlite3_stmt *query = ask(gate, pair,
                              "SELECT (SELECT bad FROM temp.base_cuts WHERE case_id = ?1),"
                              " (SELECT bad FROM temp.fresh_cuts WHERE case_id = ?2), ?3");
    int got = query ? cp_gate_step(gate, query) : -1;
    if (got > 0) {
        take_first_run(gate, pair, query);
    }
    sqlite3_finalize(query);
    return got < 0 ? -1 : 0;
}
