// gate_measures.c: the sizes of the core, its coverage, and what else was measured of the build.

#include "reports/gate_internal.h"

#include <stdio.h>
#include <string.h>

struct measure {
    bool is_there;
    double value;
    char unit[24], more_is[12];
};

static void take(sqlite3_stmt *row, int column, struct measure *measure) {
    measure->is_there = sqlite3_column_type(row, column) != SQLITE_NULL;
    measure->value = sqlite3_column_double(row, column);
    snprintf(measure->unit, sizeof measure->unit, "%s", cp_gate_text_at(row, column + 1));
    snprintf(measure->more_is, sizeof measure->more_is, "%s", cp_gate_text_at(row, column + 2));
}

static enum cp_gate_more more_of(const struct measure *measure) {
    return strcmp(measure->more_is, "worse") == 0    ? CP_GATE_MORE_IS_WORSE
           : strcmp(measure->more_is, "better") == 0 ? CP_GATE_MORE_IS_BETTER
                                                     : CP_GATE_MORE_IS_NEITHER;
}

static void tell_one_sided(struct cp_gate *gate, const char *name, const struct measure *base,
                           const struct measure *fresh) {
    const struct measure *one = base->is_there ? base : fresh;
    const char *value = cp_gate_number(one->value).text;
    if (base->is_there) {
        cp_gate_add(gate, CP_GATE_INCONCLUSIVE, name, "measures",
                    "was not measured in NEW; BASE has %s%s%s", value, *one->unit ? " " : "",
                    one->unit);
    } else {
        cp_gate_add(gate, CP_GATE_ADDED, name, "measures", "is new: %s%s%s", value,
                    *one->unit ? " " : "", one->unit);
    }
}

static void compare(struct cp_gate *gate, const char *name, const struct measure *base,
                    const struct measure *fresh) {
    char unit[32] = "";
    if (!base->is_there || !fresh->is_there) {
        tell_one_sided(gate, name, base, fresh);
        return;
    }
    if (strcmp(base->unit, fresh->unit) != 0 || strcmp(base->more_is, fresh->more_is) != 0) {
        cp_gate_add(gate, CP_GATE_INCONCLUSIVE, name, "measures",
                    "is in '%s', more is %s, in BASE, and in '%s', more is %s, in NEW", base->unit,
                    base->more_is, fresh->unit, fresh->more_is);
        return;
    }
    if (*base->unit) {
        snprintf(unit, sizeof unit, " %s", base->unit);
    }
    cp_gate_tell(gate, &(struct cp_gate_value){
                           .limit = CP_GATE_MEASURES,
                           .more = more_of(base),
                           .subject = name,
                           .what = "measures",
                           .noun = "measured",
                           .unit = unit,
                           .base = base->value,
                           .fresh = fresh->value,
                           .worse = more_of(base) == CP_GATE_MORE_IS_BETTER ? "less" : "more",
                           .better = more_of(base) == CP_GATE_MORE_IS_BETTER ? "more" : "less",
                       });
}

static const char measures_sql[] =
    "SELECT n.name, b.value, b.unit, b.more_is, f.value, f.unit, f.more_is FROM"
    " (SELECT name FROM base.measures UNION SELECT name FROM fresh.measures) n"
    " LEFT JOIN base.measures b ON b.name = n.name LEFT JOIN fresh.measures f ON f.name = n.name"
    " ORDER BY n.name";

static int compare_all(struct cp_gate *gate) {
    struct measure base, fresh;
    sqlite3_stmt *query = cp_gate_prepare(gate, measures_sql);
    int got = query ? 1 : -1;
    while (got > 0 && (got = cp_gate_step(gate, query)) > 0) {
        take(query, 1, &base);
        take(query, 4, &fresh);
        cp_gate_mark_rules(gate->limits, true, cp_gate_text_at(query, 0));
        compare(gate, cp_gate_text_at(query, 0), &base, &fresh);
    }
    sqlite3_finalize(query);
    return got;
}

// Of a log with the table: how many are in it?
static int count(struct cp_gate *gate, const struct cp_gate_side *side, double *number) {
    *number = 0;
    sqlite3_stmt *query = side->has_measures
                              ? cp_gate_prepare_of(gate, side, "SELECT count(*) FROM $.measures")
                              : cp_gate_prepare(gate, "SELECT 0");
    int got = query ? cp_gate_step(gate, query) : -1;
    *number = got > 0 ? sqlite3_column_double(query, 0) : 0;
    sqlite3_finalize(query);
    return got < 0 ? -1 : 0;
}

static void tell_missing(struct cp_gate *gate, double in_base, double in_fresh) {
    static const char format[] =
        "measures: %s is a log of schema version %d, which has none; %s has %s";
    if (!gate->fresh.has_measures) {
        cp_gate_add(gate, in_base > 0 ? CP_GATE_INCONCLUSIVE : CP_GATE_NOT_COMPARED, "", "measures",
                    format, "NEW", gate->result->fresh.schema_version, "BASE",
                    cp_gate_number(in_base).text);
    } else {
        cp_gate_add(gate, CP_GATE_NOT_COMPARED, "", "measures", format, "BASE",
                    gate->result->base.schema_version, "NEW", cp_gate_number(in_fresh).text);
    }
}

int cp_gate_compare_measures(struct cp_gate *gate) {
    double in_base, in_fresh;
    if (gate->base.has_measures && gate->fresh.has_measures) {
        return compare_all(gate);
    }
    int err = count(gate, &gate->base, &in_base);
    err = err ? err : count(gate, &gate->fresh, &in_fresh);
    if (!err) {
        tell_missing(gate, in_base, in_fresh);
    }
    return err;
}
