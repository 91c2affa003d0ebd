// log_restart.c: take back what the log says of a case, to write it anew.

#include "reports/log_internal.h"

static int delete_from(struct cp_log *log, const char *sql, int64_t case_id) {
    return cp_log_insert(log, sql, "i", case_id);
}

// Everything but the states and the row of the case itself.
static int delete_end(struct cp_log *log, int64_t case_id) {
    static const char *const statements[] = {
        "DELETE FROM violations WHERE case_id = ?1", "DELETE FROM sites WHERE case_id = ?1",
        "DELETE FROM promises WHERE case_id = ?1",   "DELETE FROM wear WHERE case_id = ?1",
        "DELETE FROM times WHERE case_id = ?1",      "DELETE FROM cuts WHERE case_id = ?1",
        "DELETE FROM areas WHERE case_id = ?1",      "DELETE FROM images WHERE case_id = ?1",
        "DELETE FROM pages WHERE case_id = ?1",      "DELETE FROM traces WHERE case_id = ?1",
        "DELETE FROM steps WHERE case_id = ?1",
    };
    int err = 0;
    for (size_t i = 0; !err && i < sizeof statements / sizeof statements[0]; i++) {
        err = delete_from(log, statements[i], case_id);
    }
    return err;
}

int cp_log_restart_case(struct cp_log *log, int64_t case_id, bool keep_states) {
    int err = delete_end(log, case_id);
    if (!err && !keep_states) {
        err = delete_from(log, "DELETE FROM states WHERE case_id = ?1", case_id);
    }
    err = err ? err
              : delete_from(log,
                            "UPDATE cases SET verdict = NULL, met = NULL, interrupted = NULL,"
                            " bound = NULL, error = NULL, states = NULL, is_complete = NULL,"
                            " stopped_by = NULL WHERE id = ?1",
                            case_id);
    return err ? err : cp_log_commit(log);
}

int cp_log_drop_case(struct cp_log *log, int64_t case_id) {
    int err = delete_end(log, case_id);
    err = err ? err : delete_from(log, "DELETE FROM states WHERE case_id = ?1", case_id);
    err = err ? err : delete_from(log, "DELETE FROM cases WHERE id = ?1", case_id);
    return err ? err : cp_log_commit(log);
}
