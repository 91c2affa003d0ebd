// completion_offers.c: names of cases and tags, and replay ids, for a line being typed.

#include "cli/completion.h"

#include "cli/run_place.h"
#include "scenarios/load.h"

#include <sqlite3.h>
#include <string.h>

typedef void (*offer)(char *const *paths, int path_count);

static void load_quietly(char *const *paths, int path_count, struct cp_case_list *list) {
    FILE *errors = fopen("/dev/null", "w");
    for (int i = 0; errors && i < path_count; i++) {
        cp_scenarios_load(paths[i], list, errors);
    }
    if (errors) {
        fclose(errors);
    }
}

static void offer_cases(char *const *paths, int path_count) {
    struct cp_case_list list = {0};
    load_quietly(paths, path_count, &list);
    for (size_t i = 0; i < list.count; i++) {
        puts(list.cases[i].name);
    }
    cp_case_list_free(&list);
}

// Whether an earlier case has the tag too. `tag` has a comma at both ends, as in the list.
static bool is_known(const struct cp_case_list *list, size_t before, const char *tag) {
    for (size_t i = 0; i < before; i++) {
        if (strstr(list->cases[i].tags, tag)) {
            return true;
        }
    }
    return false;
}

static void offer_tags_of(const struct cp_case_list *list, size_t index) {
    char tag[CP_TAGS_MAX];
    const char *at = list->cases[index].tags;
    for (size_t length; *at && (length = strcspn(at + 1, ",")) > 0; at += length + 1) {
        snprintf(tag, sizeof tag, "%.*s", (int)length + 2, at);
        if (!is_known(list, index, tag)) {
            printf("%.*s\n", (int)length, at + 1);
        }
    }
}

static void offer_tags(char *const *paths, int path_count) {
    struct cp_case_list list = {0};
    load_quietly(paths, path_count, &list);
    for (size_t i = 0; i < list.count; i++) {
        offer_tags_of(&list, i);
    }
    cp_case_list_free(&list);
}

// What nobody claimed comes first. A replay does not show what the whole search found.
static void offer_ids_of(const char *path) {
    static const char sql[] =
        "SELECT replay_id FROM violations WHERE NOT is_of_search ORDER BY claimed, rowid";
    sqlite3 *db = NULL;
    sqlite3_stmt *rows = NULL;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &rows, NULL) == SQLITE_OK) {
        while (sqlite3_step(rows) == SQLITE_ROW) {
            puts((const char *)sqlite3_column_text(rows, 0));
        }
    }
    sqlite3_finalize(rows);
    sqlite3_close(db);
}

static void offer_ids(char *const *paths, int path_count) {
    if (path_count == 0) {
        offer_ids_of(CP_RUNS_DIRECTORY "/latest/run.db");
    }
    for (int i = 0; i < path_count; i++) {
        offer_ids_of(paths[i]);
    }
}

bool cp_completion_offer(const char *what, char *const *paths, int path_count) {
    static const struct {
        const char *what;
        offer offer;
    } offers[] = {{"cases", offer_cases}, {"tags", offer_tags}, {"ids", offer_ids}};
    for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++) {
        if (strcmp(offers[i].what, what) == 0) {
            offers[i].offer(paths, path_count);
            return true;
        }
    }
    return false;
}
