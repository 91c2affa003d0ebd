// log_schema.c: the tables and views of a run log, as SQL.
//
// What is read by people is text: verdicts, promises, fault and outcome names.
// `states` has a row for every distinct state, millions of them, so it holds small
// numbers; `states_named` gives them their names. There is no index: building
// one would cost more than the rows, and each report reads a whole case.
//
// `case` is a keyword of SQL, so the column is `case_id` everywhere.

#include "reports/log_schema.h"

#include <stddef.h>

const char cp_log_schema[] =
    "CREATE TABLE run("
    "  version TEXT NOT NULL, core_name TEXT NOT NULL, core_hash TEXT NOT NULL,"
    "  command_line TEXT NOT NULL, sqlite_version TEXT NOT NULL,"
    "  started_at TEXT NOT NULL,"  // UTC, ISO 8601
    "  finished_at TEXT,"          // null: killed, or still running
    "  complete INTEGER NOT NULL," // 1 only if every selected case was run to its end
    // How every case is searched, also when the run is gone on with.
    "  engine TEXT NOT NULL, shard TEXT, is_audit INTEGER NOT NULL);"
    "CREATE TABLE selected("
    "  position INTEGER PRIMARY KEY, scenario TEXT NOT NULL, file TEXT NOT NULL);"
    "CREATE TABLE scenarios(file TEXT PRIMARY KEY, yaml TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE cases("
    "  id INTEGER PRIMARY KEY, scenario TEXT NOT NULL, hash TEXT NOT NULL,"
    "  file TEXT NOT NULL, line INTEGER NOT NULL, part TEXT NOT NULL, format TEXT NOT NULL,"
    "  expected TEXT NOT NULL, because TEXT NOT NULL, states_min INTEGER NOT NULL,"
    "  engine TEXT NOT NULL, shard TEXT," // "2/3": one part of the case; null: all of it
    // From here on null until the case has ended.
    "  verdict TEXT, met INTEGER, interrupted INTEGER, bound TEXT, error TEXT,"
    "  states INTEGER, cuts INTEGER, cuts_deepest INTEGER, operations INTEGER, boots INTEGER,"
    "  seconds REAL, visited_bytes INTEGER,"
    "  stopped_by TEXT, is_complete INTEGER," // null: nothing stopped it
    "  cuts_max INTEGER,"                     // of the search that is told of; null: no bound
    "  memo_hits INTEGER, torn_reads INTEGER, is_wear_exact INTEGER,"
    "  uptime_operations INTEGER, boot_operations_max INTEGER,"
    "  uncut_programs INTEGER, uncut_erases INTEGER," // of the first lifecycle without any cut
    "  audit_reads INTEGER, audit_values INTEGER, audit_surprises INTEGER);"
    "CREATE TABLE states("
    "  case_id INTEGER NOT NULL, id INTEGER NOT NULL, parent INTEGER NOT NULL,"
    "  boot INTEGER NOT NULL,"            // power losses so far
    "  operation_index INTEGER NOT NULL," // event of the parent's run, from 1; 0 = before any
    "  site INTEGER,"                     // sites.site of the same case
    "  fault INTEGER NOT NULL, phase INTEGER NOT NULL, outcome INTEGER NOT NULL,"
    "  final_image INTEGER, hash BLOB NOT NULL);"
    "CREATE TABLE violations("
    "  case_id INTEGER NOT NULL, promise TEXT NOT NULL, trace TEXT NOT NULL,"
    "  replay_id TEXT NOT NULL, cuts INTEGER NOT NULL, is_shortest INTEGER NOT NULL,"
    "  claimed INTEGER NOT NULL, message TEXT NOT NULL, indifferent TEXT NOT NULL,"
    "  is_of_search INTEGER NOT NULL);"
    // A row for each site and fault; fault 'none' counts how often it was executed.
    "CREATE TABLE sites("
    "  case_id INTEGER NOT NULL, site INTEGER NOT NULL, file TEXT NOT NULL,"
    "  line INTEGER NOT NULL, function TEXT NOT NULL, operation TEXT NOT NULL,"
    "  fault TEXT NOT NULL, times INTEGER NOT NULL);"
    "CREATE TABLE promises("
    "  case_id INTEGER NOT NULL, promise TEXT NOT NULL, claimed INTEGER NOT NULL,"
    "  times_exercised INTEGER NOT NULL, times_violated INTEGER NOT NULL);"
    "CREATE TABLE wear("
    "  case_id INTEGER NOT NULL, device INTEGER NOT NULL, page INTEGER NOT NULL,"
    "  erases_max INTEGER NOT NULL, excess_max INTEGER NOT NULL);"
    // On the part's clock, see cp_log_times; a row only for what happened.
    "CREATE TABLE times("
    "  case_id INTEGER NOT NULL, name TEXT NOT NULL, time_us INTEGER NOT NULL);"
    // The first run of the device, cut once at each event: what came of it. Runs of
    // events with the same end are one row.
    "CREATE TABLE cuts("
    "  case_id INTEGER NOT NULL, fault INTEGER NOT NULL, first INTEGER NOT NULL,"
    "  last INTEGER NOT NULL, outcome INTEGER NOT NULL, final_image INTEGER,"
    "  times INTEGER NOT NULL);"
    // For people: the areas of the device, what its pages hold as delivered, and some
    // traces step by step.
    "CREATE TABLE areas("
    "  case_id INTEGER NOT NULL, area TEXT NOT NULL, device INTEGER NOT NULL,"
    "  offset INTEGER NOT NULL, size INTEGER NOT NULL, page_size INTEGER,"
    "  page_count INTEGER NOT NULL);"
    "CREATE TABLE pages("
    "  case_id INTEGER NOT NULL, area TEXT NOT NULL, page INTEGER NOT NULL,"
    "  holds TEXT NOT NULL);"
    "CREATE TABLE images("
    "  case_id INTEGER NOT NULL, image INTEGER NOT NULL, name TEXT NOT NULL,"
    "  size INTEGER NOT NULL);"
    "CREATE TABLE traces("
    "  case_id INTEGER NOT NULL, trace_id INTEGER NOT NULL, kind TEXT NOT NULL,"
    "  of_trace INTEGER, promise TEXT, trace TEXT NOT NULL, replay_id TEXT NOT NULL,"
    "  result TEXT NOT NULL, events INTEGER NOT NULL, is_whole INTEGER NOT NULL);"
    "CREATE TABLE steps("
    "  case_id INTEGER NOT NULL, trace_id INTEGER NOT NULL, step INTEGER NOT NULL,"
    "  life INTEGER NOT NULL, cuts INTEGER NOT NULL, kind TEXT NOT NULL,"
    "  event INTEGER NOT NULL, event_count INTEGER NOT NULL, phase TEXT NOT NULL,"
    "  area TEXT, page INTEGER, offset INTEGER, word_count INTEGER,"
    "  window_offset INTEGER, before BLOB, after BLOB,"
    "  text TEXT, file TEXT, line INTEGER, function TEXT,"
    "  page_holds TEXT, active_holds TEXT, state_says TEXT,"
    "  PRIMARY KEY(case_id, trace_id, step)) WITHOUT ROWID;"
    // Of the build: sizes of the core, its coverage. `cutproof measure` adds them.
    "CREATE TABLE measures("
    "  name TEXT PRIMARY KEY, value REAL NOT NULL, unit TEXT NOT NULL,"
    "  more_is TEXT NOT NULL, source TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE fault_names(id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
    "CREATE TABLE phase_names(id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
    "CREATE TABLE outcome_names(id INTEGER PRIMARY KEY, name TEXT NOT NULL);"

    "CREATE VIEW states_named AS"
    " SELECT s.case_id, c.scenario, s.id, s.parent, s.boot, s.operation_index, s.site,"
    "  p.file, p.line, p.operation, f.name AS fault, h.name AS phase, o.name AS outcome,"
    "  s.final_image, lower(hex(s.hash)) AS hash"
    " FROM states s JOIN cases c ON c.id = s.case_id"
    " LEFT JOIN sites p ON p.case_id = s.case_id AND p.site = s.site AND p.fault = 'none'"
    " LEFT JOIN fault_names f ON f.id = s.fault"
    " LEFT JOIN phase_names h ON h.id = s.phase"
    " LEFT JOIN outcome_names o ON o.id = s.outcome;"

    // What a person must look at: violations nobody claimed, claims that did not
    // hold, and cases that ended otherwise than expected without either.
    "CREATE VIEW failures AS"
    " SELECT c.scenario, v.promise, 'violated' AS kind, v.message, v.replay_id"
    "  FROM violations v JOIN cases c ON c.id = v.case_id WHERE NOT v.claimed"
    " UNION ALL"
    " SELECT c.scenario, p.promise, 'claim does not hold',"
    "  'the scenario claims this promise is broken; it was not: ' || c.because, NULL"
    "  FROM promises p JOIN cases c ON c.id = p.case_id"
    "  WHERE p.claimed AND NOT c.interrupted AND c.verdict <> 'ERROR' AND NOT EXISTS"
    "   (SELECT 1 FROM violations v WHERE v.case_id = c.id AND v.promise = p.promise)"
    " UNION ALL"
    " SELECT c.scenario, NULL, 'not as expected',"
    "  CASE WHEN c.verdict = 'ERROR' THEN c.error"
    "   WHEN c.verdict <> c.expected THEN"
    "    'expected ' || c.expected || ', got ' || c.verdict || ': ' || c.bound"
    "   WHEN c.states < c.states_min THEN"
    "    'explored ' || c.states || ' states, expected at least ' || c.states_min"
    "   ELSE c.verdict || ': ' || c.bound END, NULL"
    "  FROM cases c WHERE NOT c.met AND NOT c.interrupted AND NOT EXISTS"
    "   (SELECT 1 FROM violations v WHERE v.case_id = c.id AND NOT v.claimed) AND NOT EXISTS"
    "   (SELECT 1 FROM promises p WHERE p.case_id = c.id AND p.claimed AND c.verdict <> 'ERROR'"
    "    AND NOT EXISTS (SELECT 1 FROM violations v"
    "     WHERE v.case_id = c.id AND v.promise = p.promise));"

    "CREATE VIEW outcomes AS"
    " SELECT c.scenario, h.name AS phase, f.name AS fault, o.name AS outcome, n.count"
    " FROM (SELECT case_id, phase, fault, outcome, count(*) AS count FROM states"
    "       GROUP BY case_id, phase, fault, outcome) n"
    " JOIN cases c ON c.id = n.case_id LEFT JOIN phase_names h ON h.id = n.phase"
    " LEFT JOIN fault_names f ON f.id = n.fault LEFT JOIN outcome_names o ON o.id = n.outcome;"

    // A case that stopped at its violation says nothing about what it did not reach.
    "CREATE VIEW unexercised AS"
    " SELECT c.scenario, 'promise' AS kind, p.promise AS what"
    "  FROM promises p JOIN cases c ON c.id = p.case_id"
    "  WHERE p.times_exercised = 0 AND c.verdict IN ('PROVED', 'BOUNDED')"
    " UNION" // one line may have several call chains
    " SELECT c.scenario, 'site', s.operation || ' at ' || s.file || ':' || s.line ||"
    "  ', fault ' || s.fault FROM sites s JOIN cases c ON c.id = s.case_id"
    "  WHERE s.times = 0 AND s.fault <> 'none' AND c.verdict IN ('PROVED', 'BOUNDED');";

const char *cp_log_stop_name(enum cp_stop stop) {
    static const char *const names[CP_STOP_COUNT] = {
        [CP_STOP_NONE] = NULL,           [CP_STOP_VIOLATION] = "violation",
        [CP_STOP_CLAIMS_MET] = "claims", [CP_STOP_STATES] = "states",
        [CP_STOP_TIME] = "time",         [CP_STOP_INTERRUPTED] = "signal",
        [CP_STOP_LOG_FAILED] = "log",    [CP_STOP_MEMORY_BUDGET] = "memory-budget",
        [CP_STOP_MEMORY] = "memory",     [CP_STOP_NO_FUNCTION] = "no-function",
        [CP_STOP_APART] = "apart",
    };
    return (unsigned)stop < CP_STOP_COUNT ? names[stop] : "?";
}

uint32_t cp_log_fault_id(enum cp_edge edge, uint32_t tear) {
    if (edge == CP_EDGE_TORN_PROGRAM) {
        return CP_LOG_FAULT_TORN_PROGRAM + tear;
    }
    if (edge == CP_EDGE_TORN_ERASE) {
        return CP_LOG_FAULT_TORN_ERASE + tear;
    }
    return (uint32_t)edge;
}

const struct cp_log_time cp_log_times[CP_LOG_TIME_COUNT] = {
    {"uncut", offsetof(struct cp_result, uncut_time_us)},
    {"update", offsetof(struct cp_result, update_us)},
    {"revert", offsetof(struct cp_result, revert_us)},
    {"resume-max", offsetof(struct cp_result, liveness.boot_us_max)},
    {"uptime", offsetof(struct cp_result, liveness.uptime_us)},
    {"unfed-max", offsetof(struct cp_result, unfed_us_max)},
};
