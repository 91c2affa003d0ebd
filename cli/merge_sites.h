// merge_sites.h: the sites of a merged case, told apart by where they stand.
//
// Logs name a place in the source and not its addresses. Two call chains that end in
// one line, which one run tells apart, are one here.

#ifndef CP_CLI_MERGE_SITES_H
#define CP_CLI_MERGE_SITES_H

#include "reports/log_look.h"

struct cp_merge_sites {
    struct cp_merged_site *sites;
    uint32_t count;
    uint32_t *numbers; // of the part that is read now: plus 1, by the part's
    uint32_t number_count;
};

// Add the sites of one part's case. Negative without memory or if the log fails.
int cp_merge_sites_add(struct cp_merge_sites *sites, struct cp_look *look, int64_t case_id);

// The number in the whole of a site of the part added last.
uint32_t cp_merge_sites_of(const struct cp_merge_sites *sites, uint32_t site);

int cp_merge_sites_write(const struct cp_merge_sites *sites, struct cp_log *log, int64_t case_id);
void cp_merge_sites_free(struct cp_merge_sites *sites);

#endif
