// gate_states.c: which states of a case does NEW no longer reach?
//
// Logs have no index, and a case may have millions of states. One pass over each log counts
// and adds up the hashes of each case; equal counts and sums are equal sets, since the hashes
// are of 128 bits. Only where they differ the hashes of NEW are put into a table, and those of
// BASE looked up in it.

#include "reports/gate_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hash {
    uint64_t high, low;
};

static uint64_t load_be64(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static int read_hash(struct cp_gate *gate, sqlite3_stmt *row, int column, struct hash *hash) {
    const uint8_t *bytes = sqlite3_column_blob(row, column);
    if (!bytes || sqlite3_column_bytes(row, column) != 16) {
        snprintf(gate->error, CP_MESSAGE_MAX, "a state in one of the logs has no hash");
        return -1;
    }
    *hash = (struct hash){load_be64(bytes), load_be64(bytes + 8)};
    return 0;
}

// --- counts and sums

// The cases are in the order of their number; rows of one case mostly follow each other.
static struct cp_gate_case *case_of(struct cp_gate_side *side, int64_t id,
                                    struct cp_gate_case *last) {
    if (last && last->id == id) {
        return last;
    }
    size_t first = 0, end = side->case_count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (side->cases[middle].id < id) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    bool is_found = first < side->case_count && side->cases[first].id == id;
    return is_found ? &side->cases[first] : NULL;
}

static void add_state(struct cp_gate_case *one, int64_t row, struct hash hash) {
    one->first_row = one->row_count == 0 ? row : one->first_row;
    one->last_row = row;
    one->row_count++;
    one->sum_low += hash.low;
    one->sum_high += hash.high + (one->sum_low < hash.low);
}

int cp_gate_sum_states(struct cp_gate *gate, struct cp_gate_side *side) {
    sqlite3_stmt *query =
        cp_gate_prepare_of(gate, side, "SELECT rowid, case_id, hash FROM $.states ORDER BY rowid");
    struct cp_gate_case *last = NULL;
    struct hash hash;
    int got = query ? 1 : -1;
    while (got > 0 && (got = cp_gate_step(gate, query)) > 0) {
        last = case_of(side, sqlite3_column_int64(query, 1), last);
        got = read_hash(gate, query, 2, &hash) < 0 ? -1 : got;
        if (got > 0 && last) {
            add_state(last, sqlite3_column_int64(query, 0), hash);
        }
    }
    sqlite3_finalize(query);
    return got;
}

// --- which

struct table {
    struct hash *slots; // zero: free
    size_t mask;
    bool has_zero; // the hash that is zero
};

static bool is_zero(struct hash hash) {
    return hash.high == 0 && hash.low == 0;
}

static struct hash *find_slot(const struct table *table, struct hash hash) {
    size_t at = (size_t)hash.low & table->mask;
    while (!is_zero(table->slots[at]) &&
           (table->slots[at].high != hash.high || table->slots[at].low != hash.low)) {
        at = (at + 1) & table->mask;
    }
    return &table->slots[at];
}

static bool has(const struct table *table, struct hash hash) {
    return is_zero(hash) ? table->has_zero : !is_zero(*find_slot(table, hash));
}

static void put(struct table *table, struct hash hash) {
    if (is_zero(hash)) {
        table->has_zero = true;
    } else {
        *find_slot(table, hash) = hash;
    }
}

static int make_table(struct cp_gate *gate, uint64_t count, struct table *table) {
    size_t size = 16;
    while (size < count + count / 2) {
        size *= 2;
    }
    *table = (struct table){.slots = calloc(size, sizeof *table->slots), .mask = size - 1};
    if (!table->slots) {
        snprintf(gate->error, CP_MESSAGE_MAX, "out of memory for the states of one case");
        return -1;
    }
    return 0;
}

static const char states_sql[] = "SELECT hash, boot, operation_index, site, fault FROM $.states"
                                 " WHERE case_id = ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid";

static sqlite3_stmt *ask_states(struct cp_gate *gate, const struct cp_gate_side *side,
                                const struct cp_gate_case *one) {
    sqlite3_stmt *query = cp_gate_prepare_of(gate, side, states_sql);
    if (query) {
        sqlite3_bind_int64(query, 1, one->id);
        sqlite3_bind_int64(query, 2, one->first_row);
        sqlite3_bind_int64(query, 3, one->last_row);
    }
    return query;
}

static int fill_table(struct cp_gate *gate, const struct cp_gate_case *fresh, struct table *table) {
    sqlite3_stmt *query = ask_states(gate, &gate->fresh, fresh);
    struct hash hash;
    int got = query ? 1 : -1;
    while (got > 0 && (got = cp_gate_step(gate, query)) > 0) {
        got = read_hash(gate, query, 0, &hash) < 0 ? -1 : got;
        if (got > 0) {
            put(table, hash);
        }
    }
    sqlite3_finalize(query);
    return got;
}

struct lost {
    uint64_t count;
    int64_t boot, operation, site, fault; // of the first with the fewest power losses
    bool has_site;
};

static void take_lost(sqlite3_stmt *row, struct lost *lost) {
    int64_t boot = sqlite3_column_int64(row, 1);
    if (lost->count++ > 0 && boot >= lost->boot) {
        return;
    }
    lost->boot = boot;
    lost->operation = sqlite3_column_int64(row, 2);
    lost->has_site = sqlite3_column_type(row, 3) != SQLITE_NULL;
    lost->site = sqlite3_column_int64(row, 3);
    lost->fault = sqlite3_column_int64(row, 4);
}

static int find_lost(struct cp_gate *gate, const struct cp_gate_case *base,
                     const struct table *table, struct lost *lost) {
    sqlite3_stmt *query = ask_states(gate, &gate->base, base);
    struct hash hash;
    int got = query ? 1 : -1;
    while (got > 0 && (got = cp_gate_step(gate, query)) > 0) {
        got = read_hash(gate, query, 0, &hash) < 0 ? -1 : got;
        if (got > 0 && !has(table, hash)) {
            take_lost(query, lost);
        }
    }
    sqlite3_finalize(query);
    return got;
}

// --- how it is told

static int read_text(struct cp_gate *gate, const char *sql, int64_t one, int64_t other, char *out,
                     size_t size) {
    sqlite3_stmt *query = cp_gate_prepare(gate, sql);
    if (!query) {
        return -1;
    }
    sqlite3_bind_int64(query, 1, one);
    sqlite3_bind_int64(query, 2, other);
    int got = cp_gate_step(gate, query);
    snprintf(out, size, "%s", got > 0 ? cp_gate_text_at(query, 0) : "");
    sqlite3_finalize(query);
    return got < 0 ? -1 : 0;
}

// Where one of them came about: "after 1 power loss, event 137, program in f (core/src/x.c:5)".
static int describe(struct cp_gate *gate, const struct cp_gate_case *base, const struct lost *lost,
                    char *out, size_t size) {
    char site[192] = "", fault[64];
    int err = read_text(gate, "SELECT name FROM base.fault_names WHERE id = ?1 AND ?2 = 0",
                        lost->fault, 0, fault, sizeof fault);
    if (!err && lost->has_site) {
        err = read_text(gate,
                        "SELECT ', ' || operation || ' in ' || function || ' (' || file || ':' ||"
                        " line || ')' FROM base.sites WHERE case_id = ?1 AND site = ?2",
                        base->id, lost->site, site, sizeof site);
    }
    snprintf(out, size, "for example with %s power loss%s, at event %s of its last run%s, %s",
             cp_gate_number((double)lost->boot).text, lost->boot == 1 ? "" : "es",
             cp_gate_number((double)lost->operation).text, site, fault);
    return err;
}

static void tell(struct cp_gate *gate, const struct cp_gate_pair *pair, uint64_t lost_count,
                 const char *detail) {
    bool is_same = pair->relation == CP_GATE_SAME_CASE;
    cp_gate_tell(gate, &(struct cp_gate_value){
                           .limit = is_same ? CP_GATE_STATES : CP_GATE_STATES_BY_NUMBER,
                           .more = CP_GATE_MORE_IS_BETTER,
                           .subject = pair->fresh->name,
                           .what = "states",
                           .noun = "states",
                           .unit = "",
                           .base = (double)pair->base->states,
                           .fresh = (double)pair->fresh->states,
                           .worse_by = (double)lost_count,
                           .worse = "lost",
                           .better = "more",
                           .detail = detail,
                           .is_gain_neutral = !is_same,
                       });
}

static int compare_exactly(struct cp_gate *gate, const struct cp_gate_pair *pair) {
    struct table table = {0};
    struct lost lost = {0};
    char detail[CP_MESSAGE_MAX + 192];
    int err = make_table(gate, pair->fresh->row_count, &table);
    err = err ? err : fill_table(gate, pair->fresh, &table);
    err = err ? err : find_lost(gate, pair->base, &table, &lost);
    free(table.slots);
    if (!err && lost.count > 0) {
        err = describe(gate, pair->base, &lost, detail, sizeof detail);
    }
    if (!err) {
        tell(gate, pair, lost.count, lost.count > 0 ? detail : NULL);
    }
    return err;
}

static bool is_equal(const struct cp_gate_case *one, const struct cp_gate_case *other) {
    return one->row_count == other->row_count && one->sum_high == other->sum_high &&
           one->sum_low == other->sum_low;
}

int cp_gate_compare_states(struct cp_gate *gate, const struct cp_gate_pair *pair) {
    if (pair->relation == CP_GATE_SAME_CASE) {
        return is_equal(pair->base, pair->fresh) ? 0 : compare_exactly(gate, pair);
    }
    tell(gate, pair, 0, NULL);
    return 0;
}
