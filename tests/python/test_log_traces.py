"""What the run log keeps for people to look at: the cuts of the first run, the device, and some
traces step by step. All of it agrees with what a replay says, and with itself."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Iterator

import pytest

from conftest import Run

TABLES = ["cuts", "areas", "images", "pages", "traces", "steps"]
COLUMNS = {
    "cuts": ["case_id", "fault", "first", "last", "outcome", "final_image", "times"],
    "areas": ["case_id", "area", "device", "offset", "size", "page_size", "page_count"],
    "images": ["case_id", "image", "name", "size"],
    "pages": ["case_id", "area", "page", "holds"],
    "traces": ["case_id", "trace_id", "kind", "of_trace", "promise", "trace", "replay_id",
               "result", "events", "is_whole"],
    "steps": ["case_id", "trace_id", "step", "life", "cuts", "kind", "event", "event_count",
              "phase", "area", "page", "offset", "word_count", "window_offset", "before", "after",
              "text", "file", "line", "function", "page_holds", "active_holds", "state_says"],
}  # fmt: skip
KINDS = {"power-on", "program", "erase", "event", "cut", "violation"}
GOOD, BAD = (f"cli/torn[images.new.firmware={firmware}]" for firmware in ("good", "bad"))


@pytest.fixture(scope="module")
def scenarios(root: Path) -> list[Path]:
    return [
        root / "tests/data/cli/torn.yaml",
        root / "tests/data/cli/hole.yaml",
        root / "scenarios/holes/h7-torn-confirm.yaml",
        root / "scenarios/journal/unstable-once.yaml",
    ]


@pytest.fixture(scope="module")
def log(cutproof_session: Run, scenarios: list[Path], tmp_path_factory: Any) -> Path:
    """The log of proved and of violated cases, of seed and journal, clean and torn."""
    path: Path = tmp_path_factory.mktemp("log") / "run.db"
    ended = cutproof_session("run", *scenarios, "-j", "1", "--log", path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return path


def opened(log: Path) -> closing[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{log}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    return closing(connection)


@pytest.fixture
def db(log: Path) -> Iterator[sqlite3.Connection]:
    with opened(log) as connection:
        yield connection


def replay(cutproof: Run, log: Path, case: str) -> tuple[int, list[dict[str, Any]]]:
    ended = cutproof("replay", case, "--log", log, "--format", "json")
    assert ended.returncode in (0, 1), ended.stderr
    return ended.returncode, [json.loads(line) for line in ended.stdout.splitlines()]


# --- the tables


def test_columns(db: sqlite3.Connection) -> None:
    for table, columns in COLUMNS.items():
        assert [row[1] for row in db.execute(f"PRAGMA table_info({table})")] == columns
        for column in columns:
            filled = db.execute(f"SELECT count({column}) FROM {table}").fetchone()[0]
            assert filled > 0, (table, column)


def test_the_device(db: sqlite3.Connection) -> None:
    [(case_id,)] = db.execute("SELECT id FROM cases WHERE scenario = ?", (GOOD,)).fetchall()
    areas = db.execute("SELECT area, device, offset, size, page_size, page_count FROM areas"
                       " WHERE case_id = ? ORDER BY offset", (case_id,))  # fmt: skip
    assert [tuple(row) for row in areas] == [
        ("bootloader", 0, 0, 24576, 1024, 24),
        ("state", 0, 0x6000, 1024, 1024, 1),
        ("active", 0, 0x6400, 1024, 1024, 1),
        ("dfu", 0, 0x6800, 2048, 1024, 2),
    ]
    images = db.execute("SELECT image, name, size FROM images WHERE case_id = ?", (case_id,))
    assert [tuple(row) for row in images] == [(0, "old", 1024), (1, "new", 1024)]
    pages = "SELECT area, page, holds FROM pages WHERE case_id = ? AND area <> 'bootloader'"
    assert {tuple(row) for row in db.execute(pages, (case_id,))} == {
        ("state", 0, "erased"), ("active", 0, "old"), ("dfu", 0, "new"), ("dfu", 1, "erased"),
    }  # fmt: skip


# --- the first run, each event cut once


def cuts_of(db: sqlite3.Connection, case_id: int, fault: str) -> list[sqlite3.Row]:
    return db.execute(
        "SELECT first, last, o.name AS outcome, i.name AS image, times FROM cuts c"
        " JOIN fault_names f ON f.id = c.fault JOIN outcome_names o ON o.id = c.outcome"
        " LEFT JOIN images i ON i.case_id = c.case_id AND i.image = c.final_image"
        " WHERE c.case_id = ? AND f.name = ? ORDER BY first",
        (case_id, fault),
    ).fetchall()


def test_cuts_cover_the_uncut_trace(db: sqlite3.Connection) -> None:
    cases = db.execute(
        "SELECT id, events FROM cases c JOIN traces t ON t.case_id = c.id WHERE kind = 'uncut'"
    ).fetchall()
    assert len(cases) == 5  # after a violation as well
    for case_id, events in cases:
        last = 0
        for row in cuts_of(db, case_id, "after"):
            assert row["first"] == last + 1
            assert row["times"] == row["last"] - row["first"] + 1
            last = row["last"]
        assert last == events


def test_programs_are_torn_where_that_was_asked_for(db: sqlite3.Connection) -> None:
    """Each program of ACTIVE and DFU, in all shapes but those that are no tear of its word."""
    [(case_id,)] = db.execute("SELECT id FROM cases WHERE scenario = ?", (GOOD,)).fetchall()
    programs = db.execute(
        "SELECT event, event_count FROM steps JOIN traces USING(case_id, trace_id)"
        " WHERE case_id = ? AND traces.kind = 'uncut' AND steps.kind = 'program'"
        " AND area IN ('active', 'dfu')",
        (case_id,),
    ).fetchall()
    wanted = {event + i for event, count in programs for i in range(count)}
    assert len(wanted) == 512
    rows = cuts_of(db, case_id, "torn-program lowest-bit-missing")
    torn = {event for row in rows for event in range(row["first"], row["last"] + 1)}
    assert torn == wanted
    assert cuts_of(db, case_id, "torn-erase first-half") == []


def boot_after(steps: list[dict[str, Any]]) -> tuple[str, str | None]:
    """What the boot after the only cut of a replay came to."""
    cut = next(i for i, step in enumerate(steps) if step.get("kind") == "cut")
    for step in steps[cut:]:
        text = step.get("text") or ""
        if " is started and holds '" in text:
            return "started", text.split("'")[1]
        if " is started and holds no " in text:
            return "mixed", None
    return "no-boot", None


def test_a_replay_of_a_cut_says_the_same(
    db: sqlite3.Connection, cutproof: Run, log: Path
) -> None:
    cases = db.execute("SELECT id, scenario, hash FROM cases WHERE verdict = 'PROVED'").fetchall()
    told = 0
    for case_id, scenario, case_hash in cases:
        for fault, tear in (("after", None), ("torn-program low-half", "low-half")):
            for row in cuts_of(db, case_id, fault):
                for event in {row["first"], row["last"]}:
                    trace = f"t{event}.{tear}" if tear else f"a{event}"
                    _, steps = replay(cutproof, log, f"{scenario}@{case_hash}:{trace}")
                    assert boot_after(steps) == (row["outcome"], row["image"]), trace
                    told += 1
    assert told > 10


# --- traces


def steps_of(db: sqlite3.Connection, trace: sqlite3.Row) -> list[sqlite3.Row]:
    return db.execute(
        "SELECT * FROM steps WHERE case_id = ? AND trace_id = ? ORDER BY step",
        (trace["case_id"], trace["trace_id"]),
    ).fetchall()


def all_traces(db: sqlite3.Connection) -> list[sqlite3.Row]:
    return db.execute("SELECT * FROM traces ORDER BY case_id, trace_id").fetchall()


def test_what_is_kept(db: sqlite3.Connection) -> None:
    violations = db.execute("SELECT * FROM violations ORDER BY case_id, rowid").fetchall()
    assert len(violations) == 3
    for violation in violations:
        of_case = [t for t in all_traces(db) if t["case_id"] == violation["case_id"]]
        assert [t["kind"] for t in of_case] == ["uncut", "violation", "neighbour"]
        uncut, broken, neighbour = of_case
        assert [t["trace_id"] for t in of_case] == [1, 2, 3]
        assert (uncut["trace"], uncut["promise"], uncut["of_trace"]) == ("", None, None)
        assert broken["promise"] == violation["promise"]
        assert broken["replay_id"] == violation["replay_id"]
        assert broken["result"] == violation["message"]
        assert neighbour["of_trace"] == 2
        head, cut = broken["trace"].rpartition(",")[::2]
        assert neighbour["trace"] != broken["trace"]
        assert neighbour["trace"].startswith(head.rsplit(",v", 1)[0]), cut
    kinds = [t["kind"] for t in all_traces(db) if t["case_id"] not in
             {violation["case_id"] for violation in violations}]  # fmt: skip
    assert kinds == ["uncut", "uncut"]


def test_steps_are_in_order(db: sqlite3.Connection) -> None:
    for trace in all_traces(db):
        steps = steps_of(db, trace)
        assert trace["is_whole"] == 1
        assert [s["step"] for s in steps] == list(range(len(steps)))
        assert steps[0]["kind"] == "power-on" and steps[0]["life"] == 0
        assert {s["kind"] for s in steps} <= KINDS
        cuts = life = last = events = 0
        for before, step in zip([None, *steps], steps):
            if step["kind"] == "power-on":
                events, last = events + last, 0
                continue
            if step["event"] != last:  # else it tells more of the same event
                assert step["event"] == last + 1, tuple(step)
            last = step["event"] + step["event_count"] - 1
            assert step["cuts"] == cuts and step["life"] >= life
            life = step["life"]
            cuts += step["kind"] == "cut"
            assert before is not None and before["phase"] in {
                "bootloader", "application", "dfu-mode"}  # fmt: skip
        assert trace["events"] == events + last
        assert cuts == sum(t[0] in "atr" for t in trace["trace"].split(",") if t)


def test_operations_add_up(db: sqlite3.Connection) -> None:
    for trace in all_traces(db):
        if trace["kind"] == "uncut":
            count = (
                "SELECT sum(event_count) FROM steps WHERE case_id = ? AND trace_id = 1"
                " AND kind = ?"
            )
            told = [db.execute(count, (trace["case_id"], kind)).fetchone()[0]
                    for kind in ("program", "erase")]  # fmt: skip
            case = db.execute("SELECT uncut_programs, uncut_erases FROM cases WHERE id = ?",
                              (trace["case_id"],)).fetchone()  # fmt: skip
            assert told == list(case)


def test_steps_say_what_a_replay_says(db: sqlite3.Connection, cutproof: Run, log: Path) -> None:
    for trace in all_traces(db):
        code, told = replay(cutproof, log, trace["replay_id"])
        assert code == (trace["kind"] == "violation"), trace["replay_id"]
        steps = steps_of(db, trace)
        for kind in ("event", "cut", "violation"):
            texts = [step["text"] for step in told if step.get("kind") == kind]
            assert [step["text"] for step in steps if step["kind"] == kind] == texts
        places = {(s["file"], s["line"]) for s in steps if s["file"]}
        assert places == {(step["file"], step["line"]) for step in told if step.get("file")}


def test_windows_follow_one_another(db: sqlite3.Connection) -> None:
    """What an operation finds is what the one before it on that page has left."""
    checked = 0
    for trace in all_traces(db):
        left: dict[tuple[str, int], tuple[int, bytes]] = {}
        for step in steps_of(db, trace):
            page = (step["area"], step["page"])
            if step["before"] is None:
                if step["area"] is not None:
                    left.pop(page, None)
                continue
            assert len(step["before"]) == len(step["after"]) <= 64
            is_in_place = page in left and left[page][0] == step["window_offset"]
            if is_in_place and step["kind"] != "cut":
                assert step["before"] == left[page][1], tuple(step)
                checked += 1
            left[page] = (step["window_offset"], step["after"])
            if step["kind"] == "erase":
                assert set(step["after"]) == {0xFF}
    assert checked > 50


def test_what_pages_and_state_come_to(db: sqlite3.Connection) -> None:
    ends = {}
    for trace in all_traces(db):
        active = state = None
        holds = {}
        for step in steps_of(db, trace):
            active = step["active_holds"] or active
            state = step["state_says"] or state
            if step["page_holds"]:
                assert step["kind"] in {"program", "erase", "cut"}
                holds[step["area"], step["page"]] = step["page_holds"]
        scenario = db.execute("SELECT scenario FROM cases WHERE id = ?",
                              (trace["case_id"],)).fetchone()[0]  # fmt: skip
        ends[scenario, trace["kind"]] = (active, state, holds)
    assert ends[GOOD, "uncut"] == (
        "new", "seed: Boot",
        {("state", 0): "state", ("active", 0): "new", ("dfu", 1): "old[0]"},
    )  # fmt: skip
    assert ends[BAD, "uncut"][:2] == ("old", "seed: Revert")
    assert ends["holes/h7-torn-confirm", "violation"][0] == "neither"
    states = {state for _, state, _ in ends.values()}
    assert any(state.startswith("journal: half ") for state in states)


def test_a_torn_page_is_told_as_one(db: sqlite3.Connection) -> None:
    torn = db.execute("SELECT page_holds, before, after, text FROM steps WHERE kind = 'cut'"
                      " AND area IS NOT NULL").fetchall()  # fmt: skip
    assert len(torn) >= 2
    for step in torn:
        assert "inside event" in step["text"]
        assert step["before"] != step["after"] or step["page_holds"] == "torn"
    assert "torn" in {step["page_holds"] for step in torn}


# --- the same in every way to make a log


def told_in(log: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The tables, with the names of the cases for their numbers."""
    with opened(log) as db:
        return {
            table: [
                tuple(row)
                for row in db.execute(
                    f"SELECT c.scenario, {', '.join('t.' + name for name in COLUMNS[table][1:])}"
                    f" FROM {table} t JOIN cases c ON c.id = t.case_id ORDER BY 1, 2, 3, 4"
                )
            ]
            for table in TABLES
        }


@pytest.fixture(scope="module")
def whole(log: Path, scenarios: list[Path]) -> dict[str, list[tuple[Any, ...]]]:
    """What is told of the torn cases, which are proved."""
    told = told_in(log)
    return {table: [row for row in rows if row[0] in (GOOD, BAD)] for table, rows in told.items()}


def test_merged(
    whole: dict[str, list[tuple[Any, ...]]], scenarios: list[Path], cutproof: Run, tmp_path: Path
) -> None:
    for part in (1, 2):
        cutproof("run", scenarios[0], "-j", "1", "--shard", f"{part}/2", "--log", f"{part}.db")
    one = told_in(tmp_path / "1.db")
    assert one["cuts"] != whole["cuts"] and one["steps"] == whole["steps"]
    assert cutproof("merge", "--log", "all.db", "1.db", "2.db").returncode == 0
    assert told_in(tmp_path / "all.db") == whole


def test_by_several_processes(
    whole: dict[str, list[tuple[Any, ...]]], scenarios: list[Path], cutproof: Run, tmp_path: Path
) -> None:
    assert cutproof("run", scenarios[0], "-j", "3", "--log", "run.db").returncode == 0
    assert told_in(tmp_path / "run.db") == whole


def test_gone_on_with(
    whole: dict[str, list[tuple[Any, ...]]], scenarios: list[Path], cutproof: Run, tmp_path: Path
) -> None:
    budget = ["-j", "1", "--max-states", "9000"]
    assert cutproof("run", scenarios[0], *budget, "--log", "run.db").returncode == 6
    some = told_in(tmp_path / "run.db")
    assert some["cuts"] != whole["cuts"] and some["traces"] == whole["traces"]
    assert cutproof("run", "--resume", "run.db").returncode == 0
    assert told_in(tmp_path / "run.db") == whole


def test_by_the_slow_engine(root: Path, cutproof: Run, tmp_path: Path) -> None:
    scenario = root / "tests/data/cli/hole.yaml"
    for engine in ("fast", "slow"):
        cutproof("run", scenario, "-j", "1", "--engine", engine, "--log", f"{engine}.db")
    fast, slow = told_in(tmp_path / "fast.db"), told_in(tmp_path / "slow.db")
    assert slow["cuts"] != []  # up to the violation, which each engine comes by in its own way
    for table in ("areas", "images", "pages"):
        assert fast[table] == slow[table] != []
    uncut = [[row for row in told["steps"] if row[1] == 1] for told in (fast, slow)]
    assert uncut[0] == uncut[1] != []


def test_a_killed_run_stays_readable(cutproof_path: Path, root: Path, tmp_path: Path) -> None:
    log = tmp_path / "run.db"
    child = subprocess.Popen(
        [cutproof_path, "run", root / "tests/data/cli/hole.yaml",
         root / "scenarios/seed/two-updates.yaml", "-j", "1", "--log", log],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            time.sleep(0.1)
            if log.exists() and log.stat().st_size > 2_000_000:
                break
        assert child.poll() is None
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    with closing(sqlite3.connect(log)) as db:  # it rolls back what was not committed
        assert db.execute("SELECT complete FROM run").fetchone()[0] == 0
        kept = db.execute("SELECT case_id, kind FROM traces").fetchall()
        assert kept == [(1, "uncut"), (1, "violation"), (1, "neighbour")]
        assert db.execute("SELECT count(*) FROM cuts WHERE case_id = 2").fetchone()[0] == 0
