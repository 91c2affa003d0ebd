// merge_sites.c: see merge_sites.h.

#include "cli/merge_sites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum fault { FAULT_NONE, FAULT_AFTER, FAULT_TORN, FAULT_COUNT };

static const char *const fault_names[FAULT_COUNT] = {"none", "after", "torn"};

struct cp_merged_site {
    char file[256], function[128], operation[16];
    uint32_t line;
    bool has_fault[FAULT_COUNT];
    uint64_t times[FAULT_COUNT];
};

static bool is_at(const struct cp_merged_site *known, const struct cp_log_site *site) {
    return known->line == site->line && strcmp(known->file, site->file) == 0 &&
           strcmp(known->function, site->function) == 0 &&
           strcmp(known->operation, site->operation) == 0;
}

static struct cp_merged_site *find_or_add(struct cp_merge_sites *sites,
                                          const struct cp_log_site *site) {
    for (uint32_t i = 0; i < sites->count; i++) {
        if (is_at(&sites->sites[i], site)) {
            return &sites->sites[i];
        }
    }
    struct cp_merged_site *grown = realloc(sites->sites, (sites->count + 1) * sizeof *sites->sites);
    if (!grown) {
        return NULL;
    }
    sites->sites = grown;
    struct cp_merged_site *added = &grown[sites->count++];
    *added = (struct cp_merged_site){.line = site->line};
    snprintf(added->file, sizeof added->file, "%s", site->file);
    snprintf(added->function, sizeof added->function, "%s", site->function);
    snprintf(added->operation, sizeof added->operation, "%s", site->operation);
    return added;
}

static int number(struct cp_merge_sites *sites, uint32_t from, uint32_t to) {
    if (from >= sites->number_count) {
        size_t count = (size_t)from + 1;
        uint32_t *grown = realloc(sites->numbers, count * sizeof *grown);
        if (!grown) {
            return -1;
        }
        memset(grown + sites->number_count, 0, (count - sites->number_count) * sizeof *grown);
        sites->numbers = grown;
        sites->number_count = (uint32_t)count;
    }
    sites->numbers[from] = to + 1;
    return 0;
}

static int take_site(void *context, const struct cp_log_site *site) {
    struct cp_merge_sites *sites = context;
    struct cp_merged_site *merged = find_or_add(sites, site);
    if (!merged) {
        return -1;
    }
    for (int i = 0; i < FAULT_COUNT; i++) {
        if (strcmp(fault_names[i], site->fault) == 0) {
            merged->has_fault[i] = true;
            merged->times[i] += site->times;
        }
    }
    return number(sites, site->site, (uint32_t)(merged - sites->sites));
}

int cp_merge_sites_add(struct cp_merge_sites *sites, struct cp_look *look, int64_t case_id) {
    free(sites->numbers);
    sites->numbers = NULL;
    sites->number_count = 0;
    return cp_look_each_site(look, case_id, take_site, sites);
}

uint32_t cp_merge_sites_of(const struct cp_merge_sites *sites, uint32_t site) {
    bool is_known = site < sites->number_count && sites->numbers[site] != 0;
    return is_known ? sites->numbers[site] - 1 : UINT32_MAX;
}

static int write_site(const struct cp_merged_site *merged, uint32_t index, struct cp_log *log,
                      int64_t case_id) {
    int err = 0;
    for (int i = 0; !err && i < FAULT_COUNT; i++) {
        const struct cp_log_site row = {.site = index,
                                        .line = merged->line,
                                        .file = merged->file,
                                        .function = merged->function,
                                        .operation = merged->operation,
                                        .fault = fault_names[i],
                                        .times = merged->times[i]};
        err = merged->has_fault[i] ? cp_log_add_site(log, case_id, &row) : 0;
    }
    return err;
}

int cp_merge_sites_write(const struct cp_merge_sites *sites, struct cp_log *log, int64_t case_id) {
    int err = 0;
    for (uint32_t i = 0; !err && i < sites->count; i++) {
        err = write_site(&sites->sites[i], i, log, case_id);
    }
    return err;
}

void cp_merge_sites_free(struct cp_merge_sites *sites) {
    free(sites->sites);
    free(sites->numbers);
    *sites = (struct cp_merge_sites){0};
}
