"""cutproof gate and cutproof measure: what two logs say of each other.

Most tests change one thing in a copy of a real log, by SQL, and expect exactly the sentence
for it. A copy has the same times, so that nothing else may be told.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Callable, NamedTuple

import pytest
from conftest import Run
from faulty import core_path, rows

GOOD = "cli/torn[images.new.firmware=good]"
BAD = "cli/torn[images.new.firmware=bad]"
HOLE = "cli/hole"
OTHER_CORE = "UPDATE run SET core_hash = 'f00d'; UPDATE cases SET hash = 'f00df00d'"


def sql(log: Path, script: str) -> None:
    with closing(sqlite3.connect(log)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.executescript(script)


def value(log: Path, query: str) -> int:
    [(found,)] = rows(log, query)
    return found


def run_scenarios(program: Path, log: Path, *arguments: str | Path) -> Path:
    command = [program, "run", *arguments, "--jobs", "1", "--log", log]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert log.is_file(), ended.stderr
    return log


def edited(root: Path, folder: Path, *changes: tuple[str, str]) -> Path:
    """The scenario of the two cases, with one way of tearing, for speed, and other changes."""
    text = (root / "tests/data/cli/torn.yaml").read_text()
    for old, changed in (("torn_program: all", "torn_program: [bytes-1]"), *changes):
        assert text.count(old) >= 1
        text = text.replace(old, changed)
    (folder / "torn.yaml").write_text(text)
    return folder / "torn.yaml"


@pytest.fixture(scope="module")
def base(root: Path, cutproof_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cases that are proved, with torn operations, and one that is violated as claimed."""
    folder = tmp_path_factory.mktemp("gate")
    log = folder / "base.db"
    run_scenarios(cutproof_path, log, edited(root, folder), root / "tests/data/cli/hole.yaml")
    return log


@pytest.fixture
def new(base: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(base, tmp_path / "new.db"))


class Told(NamedTuple):
    code: int
    sentences: list[str]  # "CLASS  SUBJECT: TEXT", in their order
    sum: str
    stderr: str


def gate(cutproof: Run, *arguments: str | Path) -> Told:
    ended = cutproof("gate", *arguments)
    head, _, tail = ended.stdout.partition("------------\n")
    lines = head.splitlines()
    assert ended.returncode == 4 or [line[:6] for line in lines[:2]] == ["base  ", "new   "]
    return Told(ended.returncode, [line.strip() for line in lines[2:]], tail.strip(), ended.stderr)


Gate = Callable[..., Told]


@pytest.fixture
def told(cutproof: Run, base: Path, new: Path) -> Gate:
    """Change the copy, or both logs, and compare."""

    def compare(in_new: str = "", in_both: str = "", *options: str | Path) -> Told:
        first = base
        if in_both:
            first = Path(shutil.copy(base, new.parent / "changed_base.db"))
            sql(first, in_both)
            sql(new, in_both)
        sql(new, in_new)
        return gate(cutproof, first, new, *options)

    return compare


# --- nothing has changed


def test_equal_logs(cutproof: Run, base: Path, new: Path) -> None:
    found = gate(cutproof, base, new)
    assert found == (
        0, [], "OK: no regression in 3 cases compared; 0 improved, 0 other changes", ""
    )  # fmt: skip


def test_a_second_run_is_equal(
    cutproof: Run, cutproof_path: Path, root: Path, base: Path, tmp_path: Path
) -> None:
    hole = root / "tests/data/cli/hole.yaml"
    log = run_scenarios(cutproof_path, tmp_path / "2.db", edited(root, tmp_path), hole)
    found = gate(cutproof, base, log)
    assert found.code == 0
    assert all("wall time" in sentence for sentence in found.sentences), found


def test_the_same_file_is_named(cutproof: Run, base: Path) -> None:
    found = gate(cutproof, base, base)
    assert (found.code, found.sentences) == (0, [])
    assert "compared with itself: nothing can differ" in found.stderr


def test_several_parts_are_equal_to_the_whole(
    cutproof: Run, cutproof_path: Path, root: Path, tmp_path: Path
) -> None:
    scenario = root / "tests/data/cli/hole.yaml"
    whole = run_scenarios(cutproof_path, tmp_path / "whole.db", scenario)
    parts = [
        run_scenarios(cutproof_path, tmp_path / f"{i}.db", scenario, "--shard", f"{i}/2")
        for i in (1, 2)
    ]
    found = gate(cutproof, whole, parts[0])
    assert found.code == 4
    assert "is the log of part 1/2 of each case only\n" in found.stderr
    assert "cutproof merge --log all.db LOG..." in found.stderr
    assert cutproof("merge", "--log", "all.db", *parts).returncode == 0
    assert gate(cutproof, whole, "all.db").code == 0


# --- one change at a time: SQL of NEW, the sentences, and the exit code

VIOLATE = """
    UPDATE cases SET verdict = 'VIOLATED', met = 0, stopped_by = 'violation' WHERE id = 1;
    INSERT INTO violations VALUES
        (1, 'resumes', 'a1', 'id:a1', 1, 1, 0, 'a piece of old is lost', '', 0);"""
CLAIM = """
    UPDATE promises SET claimed = 1 WHERE case_id = 1 AND promise = 'resumes';
    UPDATE cases SET met = 1 WHERE id = 1;
    UPDATE violations SET claimed = 1 WHERE case_id = 1;"""

CASES = {
    "a case that disappeared": (
        "DELETE FROM selected WHERE position = 1; DELETE FROM cases WHERE id = 1",
        [f"REGRESSED  {GOOD}: is not in NEW: 1 case lost (threshold 0); it was PROVED in BASE"],
    ),
    "a violation": (
        VIOLATE,
        [
            f"REGRESSED  {GOOD}: violates resumes (it held in BASE): a piece of old is lost;"
            " cutproof replay 'id:a1'"
        ],
    ),
    "a violation of what was not checked": (
        VIOLATE.replace("resumes", "authentic")
        + "INSERT INTO promises VALUES (1, 'authentic', 0, 1, 1)",
        [
            f"REGRESSED  {GOOD}: violates authentic (BASE did not check it): a piece of old is"
            " lost; cutproof replay 'id:a1'"
        ],
    ),
    "a violation that is claimed at once": (
        VIOLATE + CLAIM,
        [
            f"REGRESSED  {GOOD}: violates resumes, which held in BASE, and claims it:"
            " a piece of old is lost"
        ],
    ),
    "a claim that vanished": (
        "DELETE FROM violations; UPDATE cases SET verdict = 'PROVED', met = 0 WHERE id = 3",
        [f"REGRESSED  {HOLE}: claims that tells-truth is broken, and it held"],
    ),
    "an error": (
        "UPDATE cases SET verdict = 'ERROR', met = 0, error = 'out of memory' WHERE id = 1",
        [f"REGRESSED  {GOOD}: ended in an error: out of memory"],
    ),
    "bounded": (
        "UPDATE cases SET verdict = 'BOUNDED', met = 0, bound = 'at most 1' WHERE id = 1",
        [
            f"REGRESSED  {GOOD}: PROVED -> BOUNDED: at most 1",
            f"REGRESSED  {GOOD}: expects PROVED, and is BOUNDED: at most 1",
        ],
    ),
    "wear that is followed less": (
        "UPDATE cases SET is_wear_exact = 0 WHERE id = 1",
        [
            f"REGRESSED  {GOOD}: wear is followed on the paths taken; before: over every history"
        ],
    ),
    "too few states": (
        "UPDATE cases SET states_min = 99999999, met = 0 WHERE id = 1",
        [f"REGRESSED  {GOOD}: explored {{states}} states, and expects at least 99,999,999"],
    ),
    "a promise that is not exercised": (
        "UPDATE promises SET times_exercised = 0 WHERE case_id = 1 AND promise = 'bootable'",
        [
            f"REGRESSED  {GOOD}: bootable is no longer exercised: {{bootable}} -> 0 times"
            " (1 lost, threshold 0)"
        ],
    ),
    "a promise that is not checked": (
        "DELETE FROM promises WHERE case_id = 1 AND promise = 'bootable'",
        [f"REGRESSED  {GOOD}: bootable is no longer checked (1 lost, threshold 0)"],
    ),
    "a place that is not torn": (
        "UPDATE sites SET times = 0 WHERE case_id = 1 AND fault = 'torn'"
        " AND function = 'copy_page'",
        [
            f"REGRESSED  {GOOD}: places and how they are cut {{sites}} -> {{sites-1}} (1 lost,"
            " threshold 0; for example the program in copy_page ({place}) is no longer cut: torn)"
        ],
    ),
    "a place that is not executed": (
        "DELETE FROM sites WHERE case_id = 1 AND operation = 'program'"
        " AND function = 'copy_page'",
        [
            f"REGRESSED  {GOOD}: places and how they are cut {{sites}} -> {{sites-3}} (1 lost,"
            " threshold 0; for example the program in copy_page ({place}) is no longer executed)"
        ],
    ),
    "erases": (
        "UPDATE wear SET erases_max = 9 WHERE case_id = 1 AND page = 25",
        [
            f"REGRESSED  {GOOD}: most erases of a page in one update {{erases}} -> 9"
            " ({9-erases} more, threshold 0; device 0, page 25)"
        ],
    ),
    "erases of several pages": (
        "UPDATE wear SET erases_max = erases_max + 1 + (page = 26) WHERE case_id = 1",
        [
            f"REGRESSED  {GOOD}: most erases of a page in one update {{erases26}} ->"
            " {erases26+2} (2 more, threshold 0; device 0, page 26 and {pages-1} more)"
        ],
    ),
    "erases beyond losses": (
        "UPDATE wear SET excess_max = excess_max + 1 WHERE case_id = 1 AND page = 24",
        [
            f"REGRESSED  {GOOD}: most erases of a page beyond one for each power loss {{excess}}"
            " -> {excess+1} (1 more, threshold 0; device 0, page 24)"
        ],
    ),
    "unlike units": (
        "INSERT INTO measures VALUES ('a', 1, 'us', 'worse', '')",
        ["INCONCLUSIVE  a: is in 'bytes', more is worse, in BASE, and in 'us', more is worse,"
         " in NEW"],
    ),
    "not measured": (
        "",
        ["INCONCLUSIVE  a: was not measured in NEW; BASE has 1,000 bytes"],
    ),
}  # fmt: skip


def numbers(log: Path) -> dict[str, int]:
    """What the sentences above are filled in with."""
    erases = "SELECT erases_max FROM wear WHERE case_id = 1 AND page = "
    found = {
        "states": value(log, "SELECT states FROM cases WHERE id = 1"),
        "bootable": value(
            log,
            "SELECT times_exercised FROM promises WHERE case_id = 1 AND promise = 'bootable'",
        ),
        # two call chains that end in one line are one place
        "sites": value(
            log,
            "SELECT count(*) FROM (SELECT DISTINCT file, line, function, operation, fault"
            " FROM sites WHERE case_id = 1 AND times > 0)",
        ),
        "erases": value(log, erases + "25"),
        "erases26": value(log, erases + "26"),
        "excess": value(log, "SELECT excess_max FROM wear WHERE case_id = 1 AND page = 24"),
        "pages": value(log, "SELECT count(*) FROM wear WHERE case_id = 1"),
    }
    place = rows(log, "SELECT file || ':' || line FROM sites WHERE function = 'copy_page'"
                      " AND operation = 'program' LIMIT 1")[0][0]  # fmt: skip

    def fill(match: re.Match[str]) -> str:
        if match[1] == "place":
            return place
        return f"{eval(match[1], {'__builtins__': {}}, found):,}"  # noqa: S307

    return {"fill": fill}  # type: ignore[dict-item]


def filled(sentence: str, log: Path) -> str:
    return re.sub(r"\{([^}]*)\}", numbers(log)["fill"], sentence)  # type: ignore[call-overload]


@pytest.mark.parametrize("name", CASES)
def test_one_change(name: str, told: Gate, base: Path) -> None:
    script, sentences = CASES[name]
    in_base = ""
    if "measure" in name or "unlike" in name:
        in_base = "INSERT INTO measures VALUES ('a', 1000, 'bytes', 'worse', '')"
        script = "DELETE FROM measures; " + script
    found = told(script, in_base)
    assert found.sentences == [filled(sentence, base) for sentence in sentences]
    assert found.code == (1 if sentences[0].startswith("REGRESSED") else 6)
    assert found.sum.startswith("REGRESSED: " if found.code == 1 else "INCONCLUSIVE: ")


# --- the states


def test_states_that_are_lost(told: Gate, base: Path) -> None:
    count = value(base, "SELECT states FROM cases WHERE id = 1")
    lost = rows(
        base,
        "SELECT s.boot, s.operation_index, p.operation, p.function, p.file, p.line, f.name"
        " FROM states s JOIN fault_names f ON f.id = s.fault JOIN sites p ON p.case_id = 1"
        " AND p.site = s.site AND p.fault = 'none' WHERE s.case_id = 1 AND s.id = 100",
    )[0]
    found = told(
        "DELETE FROM states WHERE case_id = 1 AND (id = 100 OR id IN (SELECT id FROM states"
        f" WHERE case_id = 1 AND id > 500 AND boot >= {lost[0]} LIMIT 11));"
        "UPDATE cases SET states = states - 12 WHERE id = 1"
    )
    assert found.code == 1
    boot, operation, kind, function, file, line, fault = lost
    [sentence] = found.sentences
    losses = f"{boot} power loss" + ("" if boot == 1 else "es")
    assert sentence == (
        f"REGRESSED  {GOOD}: states {count:,} -> {count - 12:,} (12 lost, threshold 0;"
        f" for example with {losses}, at event {operation:,} of its last run, {kind} in"
        f" {function} ({file}:{line}), {fault})"
    )


@pytest.mark.parametrize("half", ["substr(hash, 1, 8) || x'ffffffffffffffff'",
                                  "x'ffffffffffffffff' || substr(hash, 9)"])  # fmt: skip
def test_states_that_are_others(told: Gate, base: Path, half: str) -> None:
    """As many as before, but not the same ones."""
    count = value(base, "SELECT states FROM cases WHERE id = 1")
    found = told(f"UPDATE states SET hash = CAST({half} AS BLOB) WHERE case_id = 1 AND id = 7")
    assert found.code == 1
    [sentence] = found.sentences
    assert f"{GOOD}: states {count:,} -> {count:,} (1 lost, threshold 0; for example" in sentence


def test_the_state_whose_hash_is_zero(told: Gate) -> None:
    zero = "UPDATE states SET hash = zeroblob(16) WHERE case_id = 1 AND id = 7;"
    found = told("DELETE FROM states WHERE case_id = 1 AND id = 9", zero)
    assert found.code == 1 and "(1 lost, " in found.sentences[0]


def test_states_that_are_more(cutproof: Run, base: Path, new: Path) -> None:
    sql(new, "DELETE FROM states WHERE case_id = 2 AND id = 7;"
             "UPDATE cases SET states = states - 1 WHERE id = 2")  # fmt: skip
    found = gate(cutproof, new, base)
    assert found.code == 0
    assert [s for s in found.sentences if "(1 more, threshold 0)" in s] == found.sentences != []
    assert found.sentences[0].startswith(f"improved  {BAD}: states ")


@pytest.mark.parametrize("factor, code, word", [(0.96, 0, "changed"), (0.94, 1, "REGRESSED"),
                                                (1.5, 0, "changed")])  # fmt: skip
def test_states_of_another_core(told: Gate, factor: float, code: int, word: str) -> None:
    found = told(f"{OTHER_CORE}; UPDATE cases SET states = states * {factor} WHERE id = 1")
    assert found.code == code
    [sentence] = [s for s in found.sentences if ": states " in s]
    assert re.fullmatch(rf"{word}  {re.escape(GOOD)}: states .* \([+-][\d.]+%, threshold 5%\)",
                        sentence)  # fmt: skip


def test_the_other_core_is_named(told: Gate) -> None:
    found = told(OTHER_CORE)
    assert found.code == 0
    [sentence] = found.sentences
    assert re.fullmatch(r"changed  the core is another: cutproof f00d; before: cutproof \w+",
                        sentence)  # fmt: skip


def test_a_line_that_moved_is_the_same_place(told: Gate) -> None:
    assert told(f"{OTHER_CORE}; UPDATE sites SET line = line + 1").code == 0
    assert told("UPDATE cases SET hash = (SELECT hash FROM cases WHERE id = 1)").code in (0, 1)


def test_a_line_that_moved_in_the_same_core(told: Gate) -> None:
    found = told("UPDATE sites SET line = line + 1 WHERE case_id = 1")
    assert (found.code, len(found.sentences)) == (1, 1)
    assert "is no longer executed" in found.sentences[0]


def test_a_function_that_is_gone(told: Gate) -> None:
    renamed = "UPDATE sites SET function = 'copy_unit' WHERE function = 'copy_page'"
    found = told(f"{OTHER_CORE}; {renamed}")
    assert found.code == 0
    gone = [s for s in found.sentences if "no case of NEW executes copy_page any more" in s]
    assert {sentence.split(":")[0] for sentence in gone} == {
        f"changed  {case}" for case in (GOOD, BAD)
    }
    # in one case only it is a loss of that case
    found = told(f"{OTHER_CORE}; UPDATE sites SET function = 'copy_page' WHERE case_id = 1"
                 " AND function = 'copy_unit'")  # fmt: skip
    assert found.code == 1
    assert [s for s in found.sentences if s.startswith(f"REGRESSED  {BAD}: places")] != []


# --- numbers with a threshold

COLUMNS = {
    "uncut_programs": "programs of the uncut lifecycle",
    "uncut_erases": "erases of the uncut lifecycle",
    "boot_operations_max": "operations of the longest boot",
    "uptime_operations": "operations of an up-time that is enough",
}
TIMES = {
    "uncut": "time of the uncut lifecycle",
    "update": "time of the update",
    "revert": "time of the revert",
    "resume-max": "time of the longest boot",
    "uptime": "up-time that is enough",
    "unfed-max": "time without feeding the watchdog",
}


def number_cases() -> list[tuple[str, str, str]]:
    found = [(f"UPDATE cases SET {column} = {{}} WHERE id = 2", noun, "")
             for column, noun in COLUMNS.items()]  # fmt: skip
    return found + [
        (f"UPDATE times SET time_us = {{}} WHERE case_id = 2 AND name = '{name}'", noun, " us")
        for name, noun in TIMES.items()
    ]


@pytest.mark.parametrize("script, noun, unit", number_cases())
@pytest.mark.parametrize("fresh, code, text", [
    (1010, 0, "changed  {}: {} 1,000{} -> 1,010{} (+1.0%, threshold 1%)"),
    (1011, 1, "REGRESSED  {}: {} 1,000{} -> 1,011{} (+1.1%, threshold 1%)"),
    (900, 0, "improved  {}: {} 1,000{} -> 900{} (-10.0%, threshold 1%)"),
])  # fmt: skip
def test_a_number(
    told: Gate, script: str, noun: str, unit: str, fresh: int, code: int, text: str
) -> None:
    found = told(script.format(fresh), script.format(1000))
    assert found.code == code
    assert found.sentences == [text.format(BAD, noun, unit, unit)]


def test_work_of_the_search_is_told_only(told: Gate) -> None:
    """It depends on how many searches were run at a time."""
    found = told("UPDATE cases SET operations = 9000, seconds = 100 WHERE id = 1",
                 "UPDATE cases SET operations = 1000, seconds = 1")  # fmt: skip
    assert found.code == 0
    assert found.sentences == [
        f"changed  {GOOD}: operations of the search 1,000 -> 9,000 (+800.0%, no threshold)",
        "changed  wall time of the searches, on whatever machine, 3 s -> 102 s"
        " (+3300.0%, no threshold)",
    ]


def test_a_time_that_is_missing(told: Gate, base: Path) -> None:
    time_us = value(base, "SELECT time_us FROM times WHERE case_id = 2 AND name = 'revert'")
    found = told("DELETE FROM times WHERE case_id = 2 AND name = 'revert'")
    assert found.code == 6
    assert found.sentences == [
        f"INCONCLUSIVE  {BAD}: time of the revert: NEW has none, BASE {time_us:,} us"
    ]


def test_bad_ends_of_the_first_run(told: Gate) -> None:
    bad = "(SELECT id FROM outcome_names WHERE name = '{}')"
    row = "INSERT INTO cuts VALUES (3, 0, {}, {}, {}, NULL, {});"
    started = "DELETE FROM cuts;" + row.format(1, 9, bad.format("started"), 9)
    found = told(row.format(10, 11, bad.format("no-boot"), 2)
                 + row.format(12, 12, bad.format("mixed"), 1), started)  # fmt: skip
    assert found.code == 1
    assert found.sentences == [
        f"REGRESSED  {HOLE}: cuts of the first run that end in a mix or in no boot 0 -> 3"
        " (3 more, threshold 0)"
    ]


def test_a_first_run_that_is_not_told(told: Gate) -> None:
    found = told("DELETE FROM cuts WHERE case_id = 3")
    assert found.code == 6
    assert found.sentences == [f"INCONCLUSIVE  {HOLE}: NEW does not tell of its first run"]


@pytest.mark.parametrize("more_is, fresh, code, text", [
    ("worse", 1010, 0, "changed  a: measured 1,000 bytes -> 1,010 bytes (+1.0%, threshold 1%)"),
    ("worse", 1020, 1, "REGRESSED  a: measured 1,000 bytes -> 1,020 bytes (+2.0%, threshold 1%)"),
    ("worse", 900, 0, "improved  a: measured 1,000 bytes -> 900 bytes (-10.0%, threshold 1%)"),
    ("better", 980, 1, "REGRESSED  a: measured 1,000 bytes -> 980 bytes (-2.0%, threshold 1%)"),
    ("better", 1020, 0, "improved  a: measured 1,000 bytes -> 1,020 bytes (+2.0%, threshold 1%)"),
    ("neither", 5000, 0, "changed  a: measured 1,000 bytes -> 5,000 bytes (+400.0%,"
                         " no threshold)"),
])  # fmt: skip
def test_a_measure(told: Gate, more_is: str, fresh: int, code: int, text: str) -> None:
    insert = f"INSERT OR REPLACE INTO measures VALUES ('a', {{}}, 'bytes', '{more_is}', '');"
    found = told(insert.format(fresh), insert.format(1000))
    assert (found.code, found.sentences) == (code, [text])


def test_a_measure_that_is_new(told: Gate) -> None:
    found = told("INSERT INTO measures VALUES ('a', 2.5, '', 'worse', '')")
    assert (found.code, found.sentences) == (0, ["added  a: is new: 2.5"])


# --- for the better, and as before


def test_what_improved(cutproof: Run, base: Path, new: Path) -> None:
    sql(new, VIOLATE)
    found = gate(cutproof, new, base)
    assert (found.code, found.sentences) == (
        0, [f"improved  {GOOD}: resumes holds; it was violated in BASE"]
    )  # fmt: skip
    sql(new, "DELETE FROM violations WHERE case_id = 1; UPDATE cases SET met = 1, error = '',"
             "verdict = 'BOUNDED', bound = 'at most 1', cuts_max = 1 WHERE id = 1")  # fmt: skip
    [sentence] = gate(cutproof, new, base).sentences
    assert sentence.startswith(f"improved  {GOOD}: BOUNDED -> PROVED: cuts around every event")


def test_what_is_as_bad_as_before(told: Gate) -> None:
    found = told("", VIOLATE)
    assert (found.code, found.sentences) == (
        0, [f"unchanged  {GOOD}: violates resumes as before: a piece of old is lost"]
    )  # fmt: skip


def test_what_is_claimed_now(told: Gate) -> None:
    found = told(CLAIM, VIOLATE)
    assert (found.code, found.sentences) == (
        0, [f"changed  {GOOD}: violates resumes as before, and now claims it"]
    )  # fmt: skip


def test_a_bound_that_is_smaller(told: Gate) -> None:
    bounded = "UPDATE cases SET verdict = 'BOUNDED', expected = 'BOUNDED', {} WHERE id = 1;"
    found = told(bounded.format("cuts_max = 1, bound = 'at most 1'"),
                 bounded.format("cuts_max = 2, bound = 'at most 2'"))  # fmt: skip
    assert (found.code, found.sentences) == (
        1, [f"REGRESSED  {GOOD}: fewer cuts in a history: at most 1; before: at most 2"]
    )  # fmt: skip


def test_an_expectation_that_is_lowered(told: Gate) -> None:
    found = told("UPDATE cases SET expected = 'BOUNDED', states_min = 1 WHERE id = 1")
    assert found.code == 0
    assert found.sentences == [
        f"changed  {GOOD}: expects BOUNDED; before: PROVED",
        f"changed  {GOOD}: expects at least 1 states; before: 1,000",
    ]


def test_a_case_that_was_added(cutproof: Run, base: Path, new: Path) -> None:
    states = value(base, "SELECT states FROM cases WHERE id = 1")
    gone = "DELETE FROM selected WHERE position = 1; DELETE FROM cases WHERE id = 1;"
    sql(new, gone)
    found = gate(cutproof, new, base)
    assert (found.code, found.sentences) == (
        0, [f"added  {GOOD}: is new: PROVED, {states:,} states"]
    )  # fmt: skip
    fresh = Path(shutil.copy(base, new.parent / "fresh.db"))
    sql(fresh, VIOLATE)
    found = gate(cutproof, new, fresh)
    assert found.code == 1
    assert found.sentences[-1] == (
        f"REGRESSED  {GOOD}: violates resumes (BASE does not tell of it): a piece of old is lost"
    )


def test_an_added_case_whose_claim_does_not_hold(cutproof: Run, base: Path, new: Path) -> None:
    sql(new, "DELETE FROM selected WHERE position = 3; DELETE FROM cases WHERE id = 3")
    fresh = Path(shutil.copy(base, new.parent / "fresh.db"))
    sql(fresh, "DELETE FROM violations; UPDATE cases SET verdict = 'PROVED', met = 0 WHERE id = 3")
    found = gate(cutproof, new, fresh)
    assert found.code == 1
    assert f"REGRESSED  {HOLE}: claims that tells-truth is broken, and it held" in found.sentences


# --- what is not complete is never green

HALF = "UPDATE run SET complete = 0, finished_at = NULL;"
EARLY = "UPDATE cases SET verdict = 'BOUNDED', is_complete = 0, met = 0, bound = 'stopped' \
WHERE id = 1;"
NOT_ENDED = "UPDATE cases SET verdict = NULL, met = NULL, is_complete = NULL WHERE id = 1;"
NOT_BEGUN = "DELETE FROM cases WHERE id = 1;"


@pytest.mark.parametrize("script, in_new, in_base", [
    (HALF, "{} is incomplete: interrupted, killed, or still running", None),
    (EARLY, f"{GOOD}: the search of {{}} ended early: stopped", None),
    (NOT_ENDED, f"{GOOD}: has not ended in NEW",
     f"{GOOD}: has not ended in BASE: nothing to compare with"),
    (NOT_BEGUN, f"{GOOD}: was not begun in NEW",
     f"{GOOD}: has not ended in BASE: nothing to compare with"),
    ("UPDATE cases SET verdict = 'ERROR', error = 'no', met = 0 WHERE id = 1;", None, None),
])  # fmt: skip
def test_a_part_is_missing(
    cutproof: Run, base: Path, new: Path, script: str, in_new: str | None, in_base: str | None
) -> None:
    sql(new, script)
    if in_new:
        found = gate(cutproof, base, new)
        assert (found.code, found.sentences) == (6, ["INCONCLUSIVE  " + in_new.format("NEW")])
        assert found.sum.startswith("INCONCLUSIVE: no regression is seen in 3 cases compared, but")
        found = gate(cutproof, new, base)
        expected = "INCONCLUSIVE  " + (in_base or in_new).format("BASE")
        assert (found.code, found.sentences) == (6, [expected])
    else:
        found = gate(cutproof, new, base)
        assert (found.code, found.sentences) == (
            0, [f"improved  {GOOD}: PROVED; it ended in an error in BASE"]
        )  # fmt: skip
        found = gate(cutproof, new, new)
        assert found.code == 6 and f"{GOOD}: ended in an error in both: no" in found.sentences[0]


def test_a_regression_outweighs_what_is_missing(told: Gate) -> None:
    found = told(HALF + "UPDATE wear SET excess_max = 99 WHERE case_id = 2 AND page = 24")
    assert found.code == 1
    assert [sentence.split("  ")[0] for sentence in found.sentences] == [
        "INCONCLUSIVE", "REGRESSED",
    ]  # fmt: skip
    assert found.sum.startswith("REGRESSED: 1 regression in 3 cases compared; 1 cannot be told")


def test_nothing_in_common(told: Gate) -> None:
    found = told("DELETE FROM selected; DELETE FROM cases", "")
    assert found.code == 1
    assert "INCONCLUSIVE  the logs have no case in common" in found.sentences


def test_engines(told: Gate, cutproof: Run, base: Path, new: Path) -> None:
    found = told("UPDATE run SET engine = 'slow';"
                 "UPDATE cases SET uptime_operations = 0, operations = 1;"
                 "DELETE FROM times WHERE name = 'uptime'")  # fmt: skip
    assert found.code == 6
    assert found.sentences == [
        "INCONCLUSIVE  operations of the search, up-times and longest boots: BASE is of the fast"
        " engine, NEW of the slow one, which counts otherwise"
    ]
    found = gate(cutproof, new, base)
    assert found.code == 0
    assert found.sentences[0].startswith("not compared  operations of the search")


def test_audit(told: Gate, cutproof: Run, base: Path, new: Path) -> None:
    found = told("UPDATE run SET is_audit = 1")
    assert (found.code, found.sentences) == (
        0, ["not compared  values of torn words: NEW was run with --audit, BASE was not"]
    )  # fmt: skip
    found = gate(cutproof, new, base)
    assert (found.code, found.sentences) == (
        6, ["INCONCLUSIVE  values of torn words: BASE was run with --audit, NEW was not"]
    )  # fmt: skip


# --- logs of real runs


def test_a_faulty_core(
    cutproof: Run, cutproof_path: Path, root: Path, base: Path, tmp_path: Path
) -> None:
    core = core_path(cutproof_path, "no_backup")
    log = tmp_path / "faulty.db"
    run_scenarios(cutproof_path, log, edited(root, tmp_path), root / "tests/data/cli/hole.yaml",
                  "--core", core)  # fmt: skip
    found = gate(cutproof, base, log)
    assert found.code == 1
    sentence, *others = [s for s in found.sentences if s.startswith(f"REGRESSED  {GOOD}: ")]
    assert all("cuts of the first run that end in a mix" in other for other in others)
    assert re.fullmatch(
        r".*: violates resumes \(it held in BASE\): the last copy of a piece of 'old' was destroyed"
        r" while the update was under way; cutproof replay 'cli/torn\[.*\]@[0-9a-f]{8}:.*'",
        sentence,
    )
    assert any("the core is another: no_backup " in s for s in found.sentences)
    assert found.sum.startswith("REGRESSED: ")


def test_faults_that_are_no_longer_tried(
    cutproof: Run, cutproof_path: Path, root: Path, base: Path, tmp_path: Path
) -> None:
    scenario = edited(root, tmp_path, ("torn_program: [bytes-1]", "torn_program: none"),
                      ("min_states: 1000", "min_states: 100"))  # fmt: skip
    log = run_scenarios(cutproof_path, tmp_path / "cut.db", scenario)
    before, after = (value(path, "SELECT states FROM cases WHERE id = 1") for path in (base, log))
    found = gate(cutproof, base, log, "--verbose")
    assert found.code == 1
    assert f"changed  {GOOD}: its scenario has another 'faults'" in found.sentences
    [states] = [s for s in found.sentences if s.startswith(f"REGRESSED  {GOOD}: states")]
    assert f"states {before:,} -> {after:,} ({before - after:,} lost, threshold 0; " in states
    assert states.endswith(")") and ", torn-program " in states
    assert any(f"REGRESSED  {GOOD}: places and how they are cut" in s and "cut: torn)" in s
               for s in found.sentences)  # fmt: skip


def test_another_layout(
    cutproof: Run, cutproof_path: Path, root: Path, base: Path, tmp_path: Path
) -> None:
    """Its numbers are of something else: they are told, and fewer states count all the same."""
    scenario = edited(root, tmp_path, ("{size: 1KiB}", "{size: 512B}"), ("buffer: 64B",
                      "buffer: 128B"), ("min_states: 1000", "min_states: 100"))  # fmt: skip
    log = run_scenarios(cutproof_path, tmp_path / "small.db", scenario)
    found = gate(cutproof, base, log, "--verbose")
    own = [s for s in found.sentences if GOOD in s]
    assert any(f"changed  {GOOD}: its scenario has another 'layout': wear," in s for s in own)
    assert all(": states " in s for s in own if s.startswith("REGRESSED")), own
    assert any("no threshold; the scenario is another)" in s for s in own)


def test_comments_and_texts_decide_nothing(
    cutproof: Run, cutproof_path: Path, root: Path, base: Path, tmp_path: Path
) -> None:
    scenario = edited(root, tmp_path, ("about: Torn", "about: Other"), ("# One", "# Two"))
    hole = root / "tests/data/cli/hole.yaml"
    log = run_scenarios(cutproof_path, tmp_path / "c.db", scenario, hole)
    found = gate(cutproof, base, log)
    assert found.code == 0 and not any("scenario" in s for s in found.sentences), found
    sql(log, OTHER_CORE)
    found = gate(cutproof, base, log)
    assert found.code == 0 and not any("scenario" in s for s in found.sentences), found


def test_a_killed_run(
    cutproof: Run, cutproof_path: Path, root: Path, base: Path, tmp_path: Path
) -> None:
    log = tmp_path / "killed.db"
    scenarios = [edited(root, tmp_path), root / "tests/data/cli/endless.yaml"]
    command = [cutproof_path, "run", *scenarios, "--jobs", "1", "--log", log]
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not log.is_file() or not rows_or_none(log):
        assert run.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    found = gate(cutproof, base, log)
    assert found.code == 1  # cli/hole was not run
    assert "INCONCLUSIVE  NEW is incomplete: interrupted, killed, or still running" in (
        found.sentences
    )
    assert "INCONCLUSIVE  cli/endless: is new, and has not ended" in found.sentences
    found = gate(cutproof, log, log)
    assert found.code == 6


def rows_or_none(log: Path) -> list[tuple]:
    """The cases that have ended, while a run writes the log."""
    try:
        return rows(log, "SELECT id FROM cases WHERE id = 2 AND verdict IS NOT NULL")
    except sqlite3.Error:
        return []


# --- other versions


@pytest.fixture
def version_3(root: Path, tmp_path: Path) -> Path:
    """A log as the program wrote it before schema version 4."""
    log = tmp_path / "v3.db"
    sql(log, (root / "tests/data/cli/log_v3.sql").read_text())
    return log


NO_CUTS = "cuts of the first run: {} is a log of schema version 3, which has none"
NO_MEASURES = "measures: {} is a log of schema version 3, which has none; {} has {}"


def test_a_log_of_version_3(
    cutproof: Run, cutproof_path: Path, tmp_path: Path, version_3: Path
) -> None:
    for file, text in rows(version_3, "SELECT file, yaml FROM scenarios"):
        (tmp_path / file).write_text(text)
    log = run_scenarios(cutproof_path, tmp_path / "v4.db", tmp_path / "few.yaml",
                        tmp_path / "hole.yaml")  # fmt: skip
    found = gate(cutproof, version_3, log)
    assert found.code == 0
    assert "not compared  " + NO_CUTS.format("BASE") in found.sentences
    assert "not compared  " + NO_MEASURES.format("BASE", "NEW", "0") in found.sentences
    assert "in 2 cases compared" in found.sum
    assert cutproof("measure", log, "a=1").returncode == 0
    found = gate(cutproof, log, version_3)
    assert found.code == 6
    assert "INCONCLUSIVE  " + NO_CUTS.format("NEW") in found.sentences
    assert "INCONCLUSIVE  " + NO_MEASURES.format("NEW", "BASE", "1") in found.sentences


def test_what_version_3_has_is_compared(cutproof: Run, version_3: Path, tmp_path: Path) -> None:
    log = Path(shutil.copy(version_3, tmp_path / "worse.db"))
    sql(log, "DELETE FROM states WHERE case_id = 1 AND id = 5;"
             "UPDATE cases SET states = states - 1 WHERE id = 1")  # fmt: skip
    found = gate(cutproof, version_3, log)
    assert found.code == 1
    assert "REGRESSED  cli/few: states 40 -> 39 (1 lost, threshold 0; " in found.sentences[-1]


@pytest.mark.parametrize("version, help_text", [(5, "take the version of cutproof that wrote it"),
                                                (2, "run its scenarios again")])  # fmt: skip
def test_another_schema(told: Gate, version: int, help_text: str) -> None:
    found = told(f"PRAGMA user_version = {version}")
    assert found.code == 4
    assert f"new.db' is a log of schema version {version}; this program compares 3 and 4" in (
        found.stderr
    )
    assert help_text in found.stderr


def test_another_version_of_the_model(told: Gate) -> None:
    found = told("UPDATE run SET version = '9.9'; UPDATE cases SET hash = '12345678' WHERE id = 1")
    assert found.code == 0
    assert found.sentences == [
        f"changed  cutproof 9.9; before: {found.sentences[0].split()[-1]}",
        f"changed  {GOOD}: means something else to the version of Cutproof that ran NEW: its"
        " states are compared by number",
    ]


# --- bad input


def test_two_logs_are_needed(cutproof: Run, base: Path) -> None:
    for arguments in ([], [base], [base, base, base]):
        ended = cutproof("gate", *arguments)
        assert (ended.returncode, ended.stdout) == (4, "")
        assert "which logs? Give two" in ended.stderr


def test_no_log(cutproof: Run, base: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a database, but longer than its header would be\n" * 9)
    (tmp_path / "empty").write_text("")
    sql(tmp_path / "other.db", "CREATE TABLE a(b)")
    for name, message in [
        ("missing", "cannot read the log 'missing': No such file or directory"),
        ("text", "'text' is not an SQLite database"),
        ("empty", "'empty' is empty"),
        ("other.db", "'other.db' is an SQLite database, but no Cutproof log"),
        (".", "'.' is a directory"),
    ]:
        for arguments in ([name, base], [base, name]):
            ended = cutproof("gate", *arguments)
            assert (ended.returncode, ended.stdout) == (4, "")
            assert ended.stderr.startswith(f"cutproof: error: {message}\n"), ended.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(cutproof: Run, base: Path, new: Path) -> None:
    new.chmod(0)
    ended = cutproof("gate", base, new)
    assert ended.returncode == 4
    assert "Permission denied" in ended.stderr


@pytest.mark.parametrize("part", [0.001, 0.3, 0.9, 0.9999])
def test_a_log_that_was_cut_off(cutproof: Run, base: Path, new: Path, part: float) -> None:
    whole = new.stat().st_size
    with open(new, "r+b") as file:
        file.truncate(max(50, int(whole * part)))
    ended = cutproof("gate", base, new)
    assert (ended.returncode, ended.stdout) == (4, "")
    if part > 0.001:
        assert f"is cut off: {new.stat().st_size:,} of {whole:,} bytes are there" in ended.stderr
    assert "= help: copy the log again, as a whole" in ended.stderr


def test_a_damaged_log(cutproof: Run, base: Path, new: Path) -> None:
    """Of the right size, but with rubbish in the middle."""
    with open(new, "r+b") as file:
        file.seek(new.stat().st_size // 2 // 8192 * 8192)
        file.write(b"\xa5" * 8192 * 4)
    ended = cutproof("gate", base, new)
    assert (ended.returncode, ended.stdout) == (4, "")
    assert "cutproof: error: " in ended.stderr and "malformed" in ended.stderr


def test_no_log_is_changed(cutproof: Run, base: Path, new: Path) -> None:
    before = new.read_bytes()
    sql(new, "")
    gate(cutproof, base, new)
    assert new.read_bytes() == before
    assert sorted(path.name for path in new.parent.iterdir()) == ["new.db"]


# --- thresholds


def thresholds(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


MORE_PROGRAMS = "UPDATE cases SET uncut_programs = 1100"
PROGRAMS = "UPDATE cases SET uncut_programs = 1000"


@pytest.mark.parametrize("text, code, bound", [
    ("limits: {uncut_programs: 10%}", 0, "threshold 10%"),
    ("limits: {uncut_programs: 9.9%}", 1, "threshold 9.9%"),
    ("limits: {uncut_programs: 100}", 0, "threshold 100"),
    ("limits: {uncut_programs: 99}", 1, "threshold 99"),
    ("limits: {uncut_programs: unlimited}", 0, "no threshold"),
    ('cases: {"cli/torn*": {uncut_programs: 20%}}', 0, "threshold 20%"),
    ('cases: {"*[images.new.firmware=?????]": {uncut_programs: 20%}}', 1, "threshold 1%"),
    ('cases: {"*": {uncut_programs: 0}, "cli/*": {uncut_programs: 50%}}', 0, "threshold 50%"),
    ('cases: {"cli/*": {uncut_programs: 50%}, "*": {uncut_programs: 0}}', 1, "threshold 0"),
])  # fmt: skip
def test_thresholds(told: Gate, tmp_path: Path, text: str, code: int, bound: str) -> None:
    path = thresholds(tmp_path / "t.yaml", f"schema: 1\n{text}\n")
    found = told(MORE_PROGRAMS, PROGRAMS, "--thresholds", path)
    assert found.code == code
    assert len(found.sentences) == 2  # of the case that is violated no numbers are compared
    assert all(bound in s for s in found.sentences), found.sentences
    assert ("fits no case" in found.stderr) == ("?????" in text)


def test_thresholds_of_measures(told: Gate, tmp_path: Path) -> None:
    path = thresholds(tmp_path / "t.yaml", 'schema: 1\nmeasures: {"core.*_bytes": 64, "no.*": 1}\n')
    insert = "INSERT OR REPLACE INTO measures VALUES ('core.a_bytes', {}, 'bytes', 'worse', '');"
    found = told(insert.format(564), insert.format(500), "--thresholds", path)
    assert (found.code, found.sentences) == (
        0, ["changed  core.a_bytes: measured 500 bytes -> 564 bytes (64 more, threshold 64)"]
    )  # fmt: skip
    assert f"{path}:2:32: warning: 'no.*' fits no measure of the two logs\n" == found.stderr
    found = told(insert.format(565), "", "--thresholds", path)
    assert found.code in (0, 1)


@pytest.mark.parametrize("limit, script", [
    ("disappeared: 1", CASES["a case that disappeared"][0]),
    ("promises: 1", CASES["a promise that is not checked"][0]),
    ("promises: 1", CASES["a promise that is not exercised"][0]),
    ("sites: 1", CASES["a place that is not torn"][0]),
    ("states: 1", "DELETE FROM states WHERE case_id = 1 AND id = 5;"
                  "UPDATE cases SET states = states - 1 WHERE id = 1"),
    ("excess_max: 1", CASES["erases beyond losses"][0]),
])  # fmt: skip
def test_each_loss_can_be_allowed(told: Gate, tmp_path: Path, limit: str, script: str) -> None:
    path = thresholds(tmp_path / "t.yaml", f"schema: 1\nlimits:\n  {limit}\n")
    found = told(script, "", "--thresholds", path)
    assert found.code == 0
    [sentence] = found.sentences
    assert sentence.startswith(f"changed  {GOOD}: ") and "threshold 1" in sentence


@pytest.mark.parametrize("text, message", [
    ("schema: 1\nlimits: {stats: 1}\n", ":2:10: error: unknown threshold 'stats'\n"
     "    2 | limits: {stats: 1}\n      |          ^^^^^\n      = help: did you mean 'states'?"),
    ("schema: 1\nlimit: {}\n", ":2:1: error: unknown key 'limit'"),
    ("limits: {}\n", ":1:1: error: the key 'schema' is missing"),
    ("schema: 2\n", ":1:9: error: '2' is no schema version of thresholds"),
    ("schema: 1\nlimits: {states: -1}\n", ":2:18: error: '-1' is no threshold"),
    ("schema: 1\nlimits: {states: 5 %}\n", ":2:18: error: '5 %' is no threshold"),
    ("schema: 1\nlimits: {states: 1e3}\n", "'1e3' is no threshold"),
    ("schema: 1\nlimits: {states: '%'}\n", "'%' is no threshold"),
    ("schema: 1\nlimits: {states: [1]}\n", "is no threshold"),
    ("schema: 1\nlimits: 5\n", ":2:9: error: expected a mapping of thresholds"),
    ("schema: 1\nlimits: {states: 1, states: 2}\n", "duplicate key 'states'"),
    ('schema: 1\ncases: {"*": {measures: 1}}\n', ":2:15: error: 'measures' is not of a case"),
    ('schema: 1\ncases: {"*": 1}\n', "expected a mapping of thresholds"),
    ("schema: 1\nmeasures: {a: b}\n", ":2:15: error: 'b' is no threshold"),
    ("- 1\n", "expected a mapping of keys to values"),
    ("", "error: "),
    ("schema: 1\nlimits: {\n", "error: "),
])  # fmt: skip
def test_bad_thresholds(told: Gate, tmp_path: Path, text: str, message: str) -> None:
    path = thresholds(tmp_path / "t.yaml", text)
    found = told("", "", "--thresholds", path)
    assert found.code == 4
    assert found.stderr.startswith(f"{path}:") and message in found.stderr, found.stderr


def test_thresholds_that_are_not_there(told: Gate) -> None:
    found = told("", "", "--thresholds", "nowhere.yaml")
    assert (found.code, found.stderr) == (
        4, "nowhere.yaml: error: No such file or directory\n"
    )  # fmt: skip


def test_the_page_lists_every_threshold(root: Path, told: Gate, tmp_path: Path) -> None:
    """Those of the page are the program's, with their defaults; so are all of the program's."""
    page = (root / "docs/gate.md").read_text()
    listed = re.findall(r"^\| `(\w+)` \| ([\d.]+%?|unlimited) \|", page, re.MULTILINE)
    source = (root / "reports/gate_limits.c").read_text()
    written = re.findall(r'\] = \{"(\w+)", (?:(COUNT|PERCENT)\((\d+)\)|UNLIMITED)\}', source)
    assert listed == [
        (name, f"{number}{'%' if kind == 'PERCENT' else ''}" if number else "unlimited")
        for name, kind, number in written
    ] != []  # fmt: skip
    text = "schema: 1\nlimits:\n" + "".join(f"  {name}: {limit}\n" for name, limit in listed)
    assert told("", "", "--thresholds", thresholds(tmp_path / "t.yaml", text)).code == 0


# --- the forms


def test_long_lists_are_short_unless_asked_for(told: Gate) -> None:
    script = "".join(
        f"INSERT INTO measures VALUES ('m{i}', 1, '', 'worse', '');" for i in range(9)
    )
    found = told(script)
    assert found.sentences[-1] == "and 6 more like that (measures); --verbose tells them"
    assert len(found.sentences) == 4
    assert found.sum.endswith("0 improved, 9 other changes")
    assert len(told("", "", "--verbose").sentences) == 9


def test_regressions_are_never_left_out(told: Gate) -> None:
    insert = "INSERT OR REPLACE INTO measures VALUES ('m{}', {}, '', 'worse', '');"
    found = told("".join(insert.format(i, 2) for i in range(9)),
                 "".join(insert.format(i, 1) for i in range(9)))  # fmt: skip
    assert [s[:9] for s in found.sentences] == ["REGRESSED"] * 9


def test_json(cutproof: Run, base: Path, new: Path) -> None:
    sql(new, "UPDATE wear SET excess_max = 99 WHERE case_id = 1 AND page = 24;"
             "UPDATE run SET complete = 0")  # fmt: skip
    ended = cutproof("gate", base, new, "--format", "json")
    assert ended.returncode == 1
    logs, incomplete, wear, summary = map(json.loads, ended.stdout.splitlines())
    assert logs["base"]["complete"] and not logs["new"]["complete"]
    assert (logs["new"]["log"], logs["new"]["cases"]) == (str(new), 3)
    assert (incomplete["class"], incomplete["subject"]) == ("INCONCLUSIVE", None)
    assert (wear["class"], wear["subject"], wear["what"]) == ("REGRESSED", GOOD, "excess_max")
    assert (wear["new"], wear["threshold"]) == (99, "0") and wear["text"].startswith("most erases")
    assert summary == {
        "type": "summary", "compared": 3, "regressed": 1, "inconclusive": 1, "not_compared": 0,
        "improved": 0, "other_changes": 0, "exit_code": 1,
    }  # fmt: skip


def test_markdown(cutproof: Run, base: Path, new: Path, tmp_path: Path) -> None:
    sql(new, "UPDATE wear SET excess_max = 99 WHERE case_id = 1 AND page = 24;"
             "UPDATE cases SET seconds = 99, bound = 'a | b <b>' WHERE id = 1")  # fmt: skip
    ended = cutproof("gate", base, new, "--markdown", "out.md")
    assert ended.returncode == 1
    lines = (tmp_path / "out.md").read_text().splitlines()
    assert lines[:3] == ["## Gate: REGRESSED", "", "1 regression in 3 cases compared."]
    table = [line for line in lines if line.startswith("| ")]
    assert table[1].startswith("| REGRESSED | cli/torn\\[images.new.firmware=good\\] | most erases")
    assert any("a \\| b \\<b\\>" in line for line in table)
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 4 for line in table)
    assert "<details><summary>2 other changes</summary>" in lines


def test_markdown_that_cannot_be_written(cutproof: Run, base: Path, new: Path) -> None:
    ended = cutproof("gate", base, new, "--markdown", "no/such/place.md")
    assert ended.returncode == 4
    assert "cannot write 'no/such/place.md'" in ended.stderr
    assert "OK: no regression" in ended.stdout


# --- measure


def measures(log: Path) -> list[tuple]:
    return rows(log, "SELECT name, value, unit, more_is FROM measures ORDER BY name")


def test_measures_are_added_and_replaced(cutproof: Run, new: Path) -> None:
    ended = cutproof("measure", new, "core.nrf52.flash_bytes=5204", "core.lines_percent=97.25%",
                     "core.lines_covered=412", "boot_us=3ms", "ram=1.5KiB,worse", "cases=52cases",
                     "boot_operations=-1e3,neither")  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"7 measures in {new}\n"
    assert measures(new) == [
        ("boot_operations", -1000, "operations", "neither"),
        ("boot_us", 3000, "us", "worse"),
        ("cases", 52, "cases", "neither"),
        ("core.lines_covered", 412, "", "better"),
        ("core.lines_percent", 97.25, "percent", "better"),
        ("core.nrf52.flash_bytes", 5204, "bytes", "worse"),
        ("ram", 1536, "bytes", "worse"),
    ]
    [(source,)] = rows(new, "SELECT DISTINCT source FROM measures")
    assert " measure " in source and "core.nrf52.flash_bytes=5204" in source
    assert cutproof("measure", new, "cases=53cases", "--source", "me").returncode == 0
    assert len(measures(new)) == 7
    assert rows(new, "SELECT value, source FROM measures WHERE name = 'cases'") == [(53, "me")]


@pytest.mark.parametrize("argument, message", [
    ("a", "a measure is NAME=VALUE"),
    ("=1", "no name of a measure"),
    ("A=1", "no name of a measure"),
    (".a=1", "no name of a measure"),
    ("a.=1", "no name of a measure"),
    ("a..b=1", "no name of a measure"),
    ("a b=1", "no name of a measure"),
    ("a" * 96 + "=1", "no name of a measure"),
    ("a=", "a finite number is expected"),
    ("a=x", "a finite number is expected"),
    ("a=inf", "a finite number is expected"),
    ("a=nan", "a finite number is expected"),
    ("a=1e999", "a finite number is expected"),
    ("a=1e308MiB", "a finite number is expected"),
    ("a=0x10", "a finite number is expected"),
    ("a=1 2", "this unit is not known"),
    ("a=1Bytes", "this unit is not known"),
    ("a_bytes=1ms", "the name says bytes, the unit us"),
    ("a=1,good", "what more of it is"),
    ("a=1,", "what more of it is"),
])  # fmt: skip
def test_bad_measures(cutproof: Run, new: Path, argument: str, message: str) -> None:
    """One that is wrong, and none is written."""
    ended = cutproof("measure", new, "good=1", argument)
    assert (ended.returncode, ended.stdout) == (4, "")
    assert message in ended.stderr and "= help: " in ended.stderr
    assert measures(new) == []


def test_a_measure_twice(cutproof: Run, new: Path) -> None:
    ended = cutproof("measure", new, "a=1", "a=2")
    assert ended.returncode == 4 and "given twice" in ended.stderr
    assert measures(new) == []


def test_measures_need_a_log(cutproof: Run, new: Path, version_3: Path) -> None:
    assert cutproof("measure").returncode == 4
    assert cutproof("measure", new).returncode == 4
    ended = cutproof("measure", "missing.db", "a=1")
    assert (ended.returncode, Path("missing.db").exists()) == (4, False)
    ended = cutproof("measure", version_3, "a=1")
    assert ended.returncode == 4 and "schema version 3" in ended.stderr


def test_a_log_that_is_written_is_left_alone(cutproof: Run, new: Path) -> None:
    with closing(sqlite3.connect(new, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        ended = cutproof("measure", new, "a=1")
    assert ended.returncode == 4
    assert "a run is writing it" in ended.stderr
    assert measures(new) == []


def test_a_measure_is_gated(cutproof: Run, base: Path, new: Path) -> None:
    older = Path(shutil.copy(base, new.parent / "older.db"))
    assert cutproof("measure", older, "core.flash_bytes=5000").returncode == 0
    assert cutproof("measure", new, "core.flash_bytes=5.0KiB").returncode == 0
    found = gate(cutproof, older, new)
    assert (found.code, found.sentences) == (
        1, ["REGRESSED  core.flash_bytes: measured 5,000 bytes -> 5,120 bytes"
            " (+2.4%, threshold 1%)"]
    )  # fmt: skip
