// html_states.c: the states of a log, counted.
//
// One pass over the table, which has no index: grouping by six columns in SQL sorts all of
// the rows first and takes six times as long.

#include "reports/html_states.h"

#include "faults/result.h"
#include "reports/html_sql.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS   6u
#define SLOTS_MIN 1024u
#define NO_IMAGE  (-1)

struct group {
    int64_t columns[COLUMNS]; // as in the query
    uint64_t count;           // 0: a free slot
    size_t order;
};

struct groups {
    struct group *slots;
    size_t slot_count, count;
    size_t last; // most rows are like the row before
};

static size_t hash_of(const int64_t columns[COLUMNS]) {
    uint64_t hash = 0;
    for (size_t i = 0; i < COLUMNS; i++) {
        hash = (hash ^ (uint64_t)columns[i]) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 29;
    }
    return (size_t)hash;
}

static bool is_equal(const struct group *group, const int64_t columns[COLUMNS]) {
    return group->count && memcmp(group->columns, columns, sizeof group->columns) == 0;
}

static size_t find_slot(const struct groups *groups, const int64_t columns[COLUMNS]) {
    size_t slot = hash_of(columns) & (groups->slot_count - 1);
    while (groups->slots[slot].count && !is_equal(&groups->slots[slot], columns)) {
        slot = (slot + 1) & (groups->slot_count - 1);
    }
    return slot;
}

static int grow(struct groups *groups) {
    struct groups larger = {.slot_count = groups->slot_count ? 2 * groups->slot_count : SLOTS_MIN,
                            .count = groups->count};
    larger.slots = calloc(larger.slot_count, sizeof *larger.slots);
    if (!larger.slots) {
        return SQLITE_NOMEM;
    }
    for (size_t i = 0; i < groups->slot_count; i++) {
        if (groups->slots[i].count) {
            larger.slots[find_slot(&larger, groups->slots[i].columns)] = groups->slots[i];
        }
    }
    free(groups->slots);
    *groups = larger;
    return SQLITE_OK;
}

static int count_row(struct groups *groups, const int64_t columns[COLUMNS]) {
    if (groups->count && is_equal(&groups->slots[groups->last], columns)) {
        groups->slots[groups->last].count++;
        return SQLITE_OK;
    }
    if (2 * groups->count >= groups->slot_count && grow(groups) != SQLITE_OK) {
        return SQLITE_NOMEM;
    }
    groups->last = find_slot(groups, columns);
    struct group *group = &groups->slots[groups->last];
    if (group->count++ == 0) {
        memcpy(group->columns, columns, sizeof group->columns);
        group->order = groups->count++;
    }
    return SQLITE_OK;
}

static int count_rows(sqlite3_stmt *statement, struct groups *groups) {
    int code = sqlite3_step(statement);
    while (code == SQLITE_ROW) {
        int64_t columns[COLUMNS];
        for (int i = 0; i < (int)COLUMNS; i++) {
            columns[i] = sqlite3_column_int64(statement, i);
        }
        code = count_row(groups, columns);
        code = code == SQLITE_OK ? sqlite3_step(statement) : code;
    }
    return code;
}

static int by_order(const void *left, const void *right) {
    const struct group *a = left, *b = right;
    return (a->order > b->order) - (a->order < b->order);
}

// The slots in use to the front, in order.
static void sort_groups(struct groups *groups) {
    size_t used = 0;
    for (size_t i = 0; i < groups->slot_count; i++) {
        if (groups->slots[i].count) {
            groups->slots[used++] = groups->slots[i];
        }
    }
    qsort(groups->slots, used, sizeof *groups->slots, by_order);
}

static json_t *group_as_array(const struct group *group) {
    json_t *row = json_array();
    for (size_t i = 0; row && i < COLUMNS; i++) {
        bool is_null = i == COLUMNS - 1 && group->columns[i] == NO_IMAGE;
        json_array_append_new(row, is_null ? json_null() : json_integer(group->columns[i]));
    }
    json_array_append_new(row, json_integer((json_int_t)group->count));
    return row;
}

static json_t *groups_as_array(struct groups *groups) {
    json_t *rows = json_array();
    sort_groups(groups);
    for (size_t i = 0; rows && i < groups->count; i++) {
        if (json_array_append_new(rows, group_as_array(&groups->slots[i])) < 0) {
            json_decref(rows);
            rows = NULL;
        }
    }
    return rows;
}

json_t *cp_html_count_states(const struct cp_report_log *log, char *error) {
    static const char sql[] = "SELECT case_id, boot, phase, fault, outcome,"
                              " coalesce(final_image, -1) FROM states";
    struct groups groups = {.slots = NULL};
    sqlite3_stmt *statement = NULL;
    json_t *rows = NULL;
    int code = sqlite3_prepare_v2(log->db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = count_rows(statement, &groups);
    }
    if (code == SQLITE_DONE) {
        rows = groups.count ? groups_as_array(&groups) : json_array();
    }
    sqlite3_finalize(statement);
    free(groups.slots);
    if (!rows && (code == SQLITE_DONE || code == SQLITE_NOMEM)) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
    } else if (!rows) {
        cp_html_sql_error(log, error);
    }
    return rows;
}
