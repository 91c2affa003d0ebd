"""The run log: its tables and views exist, agree with each other, and tell the truth."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Iterator

import pytest

TABLES = ["run", "cases", "states", "violations", "sites", "promises", "wear", "times"]
VIEWS = ["failures", "outcomes", "unexercised", "states_named"]
COLUMNS = {
    "states": {"case_id", "id", "parent", "boot", "operation_index", "site", "fault", "outcome",
               "final_image"},
    "cases": {"id", "scenario", "part", "format", "verdict", "bound", "states", "operations",
              "seconds"},
    "violations": {"case_id", "promise", "trace", "message"},
    "sites": {"case_id", "file", "line", "operation", "fault", "times"},
    "promises": {"case_id", "promise", "times_exercised", "times_violated"},
    "wear": {"case_id", "device", "page", "erases_max"},
    "run": {"version", "core_hash", "complete"},
}  # fmt: skip
PROMISES = {
    "bootable", "resumes", "update-completes", "no-phantom-update", "trial-happens",
    "unconfirmed-reverts", "confirmed-stays", "tells-truth", "legal-flash-use", "bounded-wear",
    "progresses", "authentic", "no-downgrade", "last-resort", "error-safe",
}  # fmt: skip
ERASES_PER_UPDATE = 3  # the default of wear.erases_per_update


def run_cases(program: Path, root: Path, log: Path) -> None:
    scenarios = [
        root / "tests/data/cli/torn.yaml",
        root / "tests/data/cli/hole.yaml",
        root / "scenarios/seed/revert-is-told.yaml",
        root / "scenarios/holes/h6-torn-erase-revert.yaml",
    ]
    subprocess.run([program, "run", *scenarios, "--log", log], check=True, capture_output=True)


@pytest.fixture(scope="module")
def log(root: Path, cutproof_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of a run of proved and of violated cases, with and without torn operations."""
    path = tmp_path_factory.mktemp("log") / "run.db"
    run_cases(cutproof_path, root, path)
    return path


@pytest.fixture
def db(log: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{log}?mode=ro", uri=True)) as connection:
        yield connection


# --- what there is


def test_tables_and_views(db: sqlite3.Connection) -> None:
    found = dict(db.execute("SELECT name, type FROM sqlite_master").fetchall())
    assert {name: found.get(name) for name in TABLES} == dict.fromkeys(TABLES, "table")
    assert {name: found.get(name) for name in VIEWS} == dict.fromkeys(VIEWS, "view")
    for name, wanted in COLUMNS.items():
        assert wanted <= {row[1] for row in db.execute(f"PRAGMA table_info({name})")}


def test_it_is_whole_and_complete(db: sqlite3.Connection) -> None:
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    [(core, complete, started, finished)] = db.execute(
        "SELECT core_name, complete, started_at, finished_at FROM run"
    ).fetchall()
    assert (core, complete) == ("cutproof", 1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", started)
    assert finished >= started


def test_verdicts(db: sqlite3.Connection) -> None:
    counts = db.execute("SELECT verdict, count(*) FROM cases GROUP BY 1 ORDER BY 1").fetchall()
    assert counts == [("PROVED", 3), ("VIOLATED", 2)]
    assert db.execute("SELECT count(*) FROM failures").fetchone() == (0,)


def test_the_scenarios_are_kept(db: sqlite3.Connection) -> None:
    kept = db.execute("SELECT DISTINCT c.file, yaml FROM cases c LEFT JOIN scenarios s USING(file)")
    for file, yaml in kept.fetchall():
        assert yaml == Path(file).read_text()


# --- states


def test_a_row_for_every_state(db: sqlite3.Connection) -> None:
    for case_id, states in db.execute("SELECT id, states FROM cases").fetchall():
        [(count, distinct, first, last)] = db.execute(
            "SELECT count(*), count(DISTINCT id), min(id), max(id) FROM states WHERE case_id = ?",
            (case_id,),
        ).fetchall()
        assert (count, distinct, first, last) == (states, states, 1, states)


def test_every_parent_is_an_earlier_state(db: sqlite3.Connection) -> None:
    wrong = db.execute(
        "SELECT s.case_id, s.id, s.parent FROM states s"
        " LEFT JOIN states p ON p.case_id = s.case_id AND p.id = s.parent"
        " WHERE (p.id IS NULL OR p.id >= s.id) AND NOT (s.id = 1 AND s.parent = 0)"
    )
    assert wrong.fetchall() == []


def test_a_cut_is_one_power_loss_more(db: sqlite3.Connection) -> None:
    steps = db.execute(
        "SELECT DISTINCT n.fault, s.boot - p.boot FROM states s"
        " JOIN states p ON p.case_id = s.case_id AND p.id = s.parent"
        " JOIN states_named n ON n.case_id = s.case_id AND n.id = s.id"
    ).fetchall()
    assert steps
    assert all(more == (0 if fault == "reset" else 1) for fault, more in steps), steps


def test_hashes_are_distinct(db: sqlite3.Connection) -> None:
    # A violation is shown by a search that bounds the cuts; there a state that can
    # still be cut is another than one that cannot.
    identity = {"PROVED": "hash", "VIOLATED": "hash || boot"}
    for case_id, verdict, states in db.execute("SELECT id, verdict, states FROM cases").fetchall():
        [(distinct, shortest, longest)] = db.execute(
            f"SELECT count(DISTINCT {identity[verdict]}), min(length(hash)), max(length(hash))"
            " FROM states WHERE case_id = ?",
            (case_id,),
        ).fetchall()
        assert (distinct, shortest, longest) == (states, 16, 16)


def test_every_number_has_a_name(db: sqlite3.Connection) -> None:
    unnamed = db.execute(
        "SELECT count(*) FROM states_named WHERE fault IS NULL OR phase IS NULL OR outcome IS NULL"
        " OR (site IS NOT NULL AND file IS NULL)"
    )
    assert unnamed.fetchone() == (0,)
    [(named,)] = db.execute("SELECT count(*) FROM states_named").fetchall()
    [(states,)] = db.execute("SELECT count(*) FROM states").fetchall()
    assert named == states


def test_outcomes_add_up(db: sqlite3.Connection) -> None:
    added = dict(db.execute("SELECT scenario, sum(count) FROM outcomes GROUP BY 1").fetchall())
    assert added == dict(db.execute("SELECT scenario, states FROM cases").fetchall())


def test_what_is_proved_always_starts_an_image(db: sqlite3.Connection) -> None:
    outcomes = db.execute(
        "SELECT DISTINCT outcome FROM outcomes JOIN cases USING(scenario) WHERE verdict = 'PROVED'"
    )
    assert outcomes.fetchall() == [("started",)]


# --- sites, promises, wear, times


def test_sites_are_calls_in_the_core(db: sqlite3.Connection, root: Path) -> None:
    sites = db.execute("SELECT DISTINCT file, line, function, operation FROM sites").fetchall()
    assert {operation for *_, operation in sites} == {"program", "erase"}
    for file, line, function, operation in sites:
        assert file.startswith("core/src/")
        source = (root / file).read_text().splitlines()
        assert re.search(rf"\w*{operation}\w*\(", source[line - 1]), (file, line, source[line - 1])
        assert any(f" {function}(" in text for text in source)


def test_sites_count_their_faults(db: sqlite3.Connection) -> None:
    assert {fault for (fault,) in db.execute("SELECT DISTINCT fault FROM sites")} <= {
        "none",
        "after",
        "torn",
    }
    # In a proof no operation that was executed was left without a cut after it.
    uncut = db.execute(
        "SELECT count(*) FROM sites n JOIN sites a USING(case_id, site) JOIN cases c"
        " ON c.id = case_id WHERE c.scenario LIKE 'cli/torn%' AND n.fault = 'none'"
        " AND a.fault = 'after' AND a.times <> n.times"
    )
    assert uncut.fetchone() == (0,)


def test_torn_operations_only_where_they_were_asked_for(db: sqlite3.Connection) -> None:
    torn = db.execute(
        "SELECT DISTINCT s.operation, s.function LIKE 'seed_%' FROM sites s JOIN cases c"
        " ON c.id = s.case_id WHERE s.fault = 'torn' AND s.times > 0"
        " AND c.scenario LIKE 'cli/torn%'"
    )
    assert torn.fetchall() == [("program", 0)]
    elsewhere = db.execute(
        "SELECT count(*) FROM sites s JOIN cases c ON c.id = s.case_id WHERE s.fault = 'torn'"
        " AND s.times > 0 AND c.scenario IN ('cli/hole', 'seed/revert-is-told')"
    )
    assert elsewhere.fetchone() == (0,)


def test_a_row_for_each_promise(db: sqlite3.Connection) -> None:
    for (scenario,) in db.execute("SELECT scenario FROM cases").fetchall():
        told = db.execute(
            "SELECT promise FROM promises p JOIN cases c ON c.id = p.case_id WHERE scenario = ?",
            (scenario,),
        ).fetchall()
        assert len(told) == len({promise for (promise,) in told})
        if scenario == "seed/revert-is-told":  # properties: all
            assert {promise for (promise,) in told} == PROMISES
        if scenario == "cli/hole":
            assert {promise for (promise,) in told} == {"bootable", "tells-truth"}
    broken = "SELECT case_id, promise FROM {} ORDER BY 1, 2"
    assert (
        db.execute(broken.format("promises WHERE times_violated > 0")).fetchall()
        == db.execute(broken.format("violations")).fetchall()
    )


def test_unexercised(db: sqlite3.Connection) -> None:
    told = set(db.execute("SELECT scenario, kind, what FROM unexercised").fetchall())
    expected: Counter[tuple] = Counter()
    ended = "JOIN cases c ON c.id = case_id WHERE c.verdict IN ('PROVED', 'BOUNDED')"
    for scenario, promise, times in db.execute(
        f"SELECT scenario, promise, times_exercised FROM promises {ended}"
    ):
        expected[scenario, "promise", promise] += times == 0
    for scenario, operation, file, line, fault, times in db.execute(
        f"SELECT scenario, operation, s.file, s.line, fault, times FROM sites s {ended}"
    ):
        what = f"{operation} at {file}:{line}, fault {fault}"
        expected[scenario, "site", what] += times == 0 and fault != "none"
    assert told == set(+expected)
    # A bad image never confirms, so nothing can be said of what a confirm holds.
    assert ("cli/torn[images.new.firmware=bad]", "promise", "confirmed-stays") in told


def test_wear_is_bounded(db: sqlite3.Connection) -> None:
    worn = db.execute(
        "SELECT c.scenario, erases_max, c.cuts_deepest FROM wear w JOIN cases c ON c.id = w.case_id"
    ).fetchall()
    assert {scenario for scenario, *_ in worn} == {
        scenario for (scenario,) in db.execute("SELECT scenario FROM cases")
    }
    for scenario, erases, cuts in worn:
        assert 0 < erases <= ERASES_PER_UPDATE + cuts, scenario


# A program and an erase.
PART_US = {"nrf51822": (47, 22300), "nrf52840": (41, 85000)}


def test_times(db: sqlite3.Connection) -> None:
    counts: dict[str, tuple[int, int]] = {}
    times: dict[str, dict[str, int]] = {}
    for scenario, part, programs, erases in db.execute(
        "SELECT scenario, part, uncut_programs, uncut_erases FROM cases"
    ):
        assert programs > 0 and erases > 0, scenario
        counts[scenario] = programs, erases
        program_us, erase_us = PART_US[part]
        times[scenario] = {"all": program_us * programs + erase_us * erases}
    for scenario, name, time_us in db.execute(
        "SELECT c.scenario, name, time_us FROM times t JOIN cases c ON c.id = t.case_id"
    ):
        assert name not in times[scenario] and time_us > 0
        times[scenario][name] = time_us
    assert all(of["uncut"] == of["all"] for of in times.values())
    # One page of 256 words is copied twice; request and confirm store two words each,
    # and each of the two steps one. They erase STATE, and the steps their pages.
    good, bad = (f"cli/torn[images.new.firmware={firmware}]" for firmware in ("good", "bad"))
    program_us, erase_us = PART_US["nrf51822"]
    assert counts[good] == (2 * 256 + 2 + 2 + 2, 2 + 2)
    assert times[good]["update"] == (2 * 256 + 2) * program_us + 2 * erase_us
    assert "revert" not in times[good]
    # The revert copies as much, and stores that it is over: two words, and STATE erased.
    assert times[bad]["update"] == times[good]["update"]
    assert times[bad]["revert"] == times[bad]["update"] + 2 * program_us + erase_us
    assert times[bad]["resume-max"] >= times[bad]["revert"]
    # One step at a time: a page and its record.
    assert erase_us + 257 * program_us <= times[bad]["uptime"] <= times[bad]["resume-max"]


# --- twice the same


def test_two_runs_are_the_same(
    db: sqlite3.Connection, root: Path, cutproof_path: Path, log: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.db"
    run_cases(cutproof_path, root, again)
    db.execute("ATTACH ? AS again", (f"file:{again}?mode=ro",))
    for table in ("states", "violations", "sites", "promises", "wear"):
        for one, other in (("main", "again"), ("again", "main")):
            different = db.execute(
                f"SELECT count(*) FROM (SELECT * FROM {one}.{table}"
                f" EXCEPT SELECT * FROM {other}.{table})"
            )
            assert different.fetchone() == (0,), (table, one)
    same = "SELECT scenario, hash, verdict, bound, states, cuts, operations, boots FROM {}.cases"
    assert (
        db.execute(same.format("main")).fetchall() == db.execute(same.format("again")).fetchall()
    )
