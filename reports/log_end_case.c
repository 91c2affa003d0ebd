// log_end_case.c: what a case leaves in the log when it is over.

#include "reports/log_internal.h"

#include "reports/log_schema.h"
#include "reports/log_trail.h"

#include "faults/source_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int write_verdict(struct cp_log *log, int64_t case_id, const struct cp_result *result) {
    return cp_log_insert(log,
                         "UPDATE cases SET verdict = ?2, met = ?3, interrupted = ?4, bound = ?5,"
                         " error = ?6, states = ?7, cuts = ?8, cuts_deepest = ?9,"
                         " operations = ?10, boots = ?11, seconds = ?12, visited_bytes = ?13"
                         " WHERE id = ?1",
                         "itiittiiiiidi", case_id, cp_verdict_name(result->verdict),
                         (int64_t)result->expectation_met, (int64_t)result->interrupted,
                         result->bound, result->error, (int64_t)result->states,
                         (int64_t)result->cuts_explored, (int64_t)result->cuts_deepest,
                         (int64_t)result->operations, (int64_t)result->boots, result->seconds,
                         (int64_t)result->visited_bytes);
}

static int write_search(struct cp_log *log, int64_t case_id, const struct cp_result *result) {
    bool is_bounded = result->cuts_max != CP_UNLIMITED;
    return cp_log_insert(
        log,
        "UPDATE cases SET stopped_by = ?2, is_complete = ?3, memo_hits = ?4, torn_reads = ?5,"
        " is_wear_exact = ?6, uptime_operations = ?7, boot_operations_max = ?8,"
        " audit_reads = ?9, audit_values = ?10, audit_surprises = ?11,"
        " cuts_max = CASE WHEN ?12 THEN ?13 END, uncut_programs = ?14, uncut_erases = ?15"
        " WHERE id = ?1",
        "itiiiiiiiiiiiii", case_id, cp_log_stop_name(result->stop), (int64_t)result->is_complete,
        (int64_t)result->memo_hits, (int64_t)result->torn_reads, (int64_t)result->is_wear_exact,
        (int64_t)result->liveness.uptime_operations, (int64_t)result->liveness.boot_operations_max,
        (int64_t)result->audit.reads, (int64_t)result->audit.values,
        (int64_t)result->audit.surprises, (int64_t)is_bounded, (int64_t)result->cuts_max,
        (int64_t)result->uncut_programs, (int64_t)result->uncut_erases);
}

static int write_violation(struct cp_log *log, int64_t case_id, const struct cp_log_case *about,
                           const struct cp_violation *violation) {
    char replay_id[CP_NAME_MAX + CP_TRACE_MAX + 16];
    snprintf(replay_id, sizeof replay_id, "%s@%08" PRIx32 ":%s", about->test_case->name,
             about->hash, violation->trace);
    if (violation->is_of_search) {
        replay_id[0] = '\0'; // no run shows it
    }
    int64_t claimed = about->test_case->expect.violates >> violation->promise & 1;
    return cp_log_insert(log, "INSERT INTO violations VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
                         "itttiiitti", case_id, cp_promise_name(violation->promise),
                         violation->trace, replay_id, (int64_t)violation->cuts,
                         (int64_t)violation->is_shortest, claimed, violation->message,
                         violation->indifferent, (int64_t)violation->is_of_search);
}

static int write_violations(struct cp_log *log, int64_t case_id, const struct cp_log_case *about,
                            const struct cp_result *result) {
    int err = 0;
    for (uint32_t i = 0; !err && i < result->violation_count; i++) {
        err = write_violation(log, case_id, about, &result->violations[i]);
    }
    return err;
}

// A promise that is claimed to be broken is listed even if it is not checked,
// so that the claim does not vanish.
static int write_promises(struct cp_log *log, int64_t case_id, const struct cp_log_case *about,
                          const struct cp_result *result) {
    int err = 0;
    uint32_t listed = about->test_case->promises | about->test_case->expect.violates;
    for (uint32_t i = 0; !err && i < CP_PROMISE_COUNT; i++) {
        if (listed >> i & 1) {
            err = cp_log_insert(log, "INSERT INTO promises VALUES(?1,?2,?3,?4,?5)", "itiii",
                                case_id, cp_promise_name((enum cp_promise)i),
                                (int64_t)(about->test_case->expect.violates >> i & 1),
                                (int64_t)result->promises[i].exercised,
                                (int64_t)result->promises[i].violated);
        }
    }
    return err;
}

int cp_log_add_site(struct cp_log *log, int64_t case_id, const struct cp_log_site *site) {
    return cp_log_insert(log, "INSERT INTO sites VALUES(?1,?2,?3,?4,?5,?6,?7,?8)", "iitittti",
                         case_id, (int64_t)site->site, site->file, (int64_t)site->line,
                         site->function, site->operation, site->fault, (int64_t)site->times);
}

static int write_site_fault(struct cp_log *log, int64_t case_id, uint32_t index,
                            const struct cp_site *site, const struct cp_source_line *line,
                            const char *fault, uint64_t times) {
    const struct cp_log_site row = {
        index, line->line, line->file, line->function, site->is_erase ? "erase" : "program",
        fault, times};
    return cp_log_add_site(log, case_id, &row);
}

// Faults that the case's model does not have are left out: they were not missed.
static int write_site(struct cp_log *log, int64_t case_id, const struct cp_fault_model *faults,
                      uint32_t index, const struct cp_site *site) {
    struct cp_source_line line;
    cp_source_line_of_chain(site->frames, site->frame_count, &line);
    bool is_torn = site->is_erase ? faults->erase_tears || faults->erase_bit_mask_count
                                  : faults->program_tears;
    int err = write_site_fault(log, case_id, index, site, &line, "none", site->times);
    if (err || site->times == 0) {
        return err; // the second number of a place that is counted at its first
    }
    if (faults->cut) {
        err = write_site_fault(log, case_id, index, site, &line, "after", site->cuts_after);
    }
    if (!err && is_torn) {
        err = write_site_fault(log, case_id, index, site, &line, "torn", site->cuts_torn);
    }
    return err;
}

static int write_sites(struct cp_log *log, int64_t case_id, const struct cp_log_case *about,
                       const struct cp_result *result) {
    int err = 0;
    for (uint32_t i = 0; !err && i < result->site_count; i++) {
        err = write_site(log, case_id, &about->test_case->faults, i, &result->sites[i]);
    }
    return err;
}

static int write_wear(struct cp_log *log, int64_t case_id, const struct cp_result *result) {
    int err = 0;
    for (uint32_t i = 0; !err && i < result->wear_count; i++) {
        const struct cp_wear *wear = &result->wear[i];
        err = cp_log_insert(log, "INSERT INTO wear VALUES(?1,?2,?3,?4,?5)", "iiiii", case_id,
                            (int64_t)wear->device, (int64_t)wear->page, (int64_t)wear->erases_max,
                            (int64_t)wear->excess_max);
    }
    return err;
}

static int write_cut(struct cp_log *log, int64_t case_id, const struct cp_cut_run *run) {
    bool is_started = run->final_image != CP_IMAGE_NONE;
    return cp_log_insert(log, "INSERT INTO cuts VALUES(?1,?2,?3,?4,?5,CASE WHEN ?6 THEN ?7 END,?8)",
                         "iiiiiiii", case_id, (int64_t)cp_log_fault_id(run->edge, run->tear),
                         (int64_t)run->first, (int64_t)run->last, (int64_t)run->outcome,
                         (int64_t)is_started, (int64_t)run->final_image,
                         (int64_t)(run->last - run->first + 1));
}

static int write_cuts(struct cp_log *log, int64_t case_id, const struct cp_result *result) {
    int err = 0;
    if (result->verdict == CP_VERDICT_ERROR) {
        return 0; // what was seen may mean nothing
    }
    for (uint32_t i = 0; !err && i < result->cut_count; i++) {
        err = write_cut(log, case_id, &result->cuts[i]);
    }
    return err;
}

static int write_times(struct cp_log *log, int64_t case_id, const struct cp_result *result) {
    int err = 0;
    for (size_t i = 0; !err && i < CP_LOG_TIME_COUNT; i++) {
        uint64_t time_us;
        memcpy(&time_us, (const uint8_t *)result + cp_log_times[i].offset, sizeof time_us);
        if (time_us > 0) {
            err = cp_log_insert(log, "INSERT INTO times VALUES(?1,?2,?3)", "iti", case_id,
                                cp_log_times[i].name, (int64_t)time_us);
        }
    }
    return err;
}

int cp_log_end_case(struct cp_log *log, int64_t case_id, const struct cp_log_case *about,
                    const struct cp_result *result) {
    int err = write_verdict(log, case_id, result);
    err = err ? err : write_search(log, case_id, result);
    err = err ? err : write_violations(log, case_id, about, result);
    err = err ? err : write_promises(log, case_id, about, result);
    err = err ? err : write_sites(log, case_id, about, result);
    err = err ? err : write_wear(log, case_id, result);
    err = err ? err : write_times(log, case_id, result);
    err = err ? err : write_cuts(log, case_id, result);
    err = err ? err : cp_log_write_trails(log, case_id, about, result);
    return err ? err : cp_log_commit(log);
}
