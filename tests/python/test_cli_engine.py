"""Workers, parts, merging, budgets and going on: the same result on every way to it."""

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
from typing import Callable

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

LARGE_STATES = 100_000  # from here on a case is split; see SPEC, 6


@pytest.fixture
def torn(root: Path) -> Path:
    """Two cases that are proved in a moment."""
    return root / "tests/data/cli/torn.yaml"


@pytest.fixture
def hole(root: Path) -> Path:
    """A case that claims a failure."""
    return root / "tests/data/cli/hole.yaml"


@pytest.fixture
def endless(root: Path) -> Path:
    """A case that does not end in the time of a test."""
    return root / "tests/data/cli/endless.yaml"


@pytest.fixture(scope="module")
def large(root: Path) -> Path:
    """A case that is split if there are processors to spare."""
    path = root / "scenarios/seed/update-confirm.yaml"
    found = re.search(r"min_states: (\d+)", path.read_text())
    assert found and int(found[1]) >= LARGE_STATES
    return path


def variant(scenario: Path, out: Path, old: str, new: str) -> Path:
    text = scenario.read_text()
    assert text.count(old) == 1
    out.write_text(text.replace(old, new))
    return out


def rows(log: Path, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(log)) as db:
        return db.execute(sql).fetchall()


def change(log: Path, sql: str) -> None:
    with closing(sqlite3.connect(log)) as db, db:
        db.execute(sql)


def states_of(log: Path) -> dict[str, set[tuple]]:
    """Of each case the states with what became of them, without the way they were found."""
    found: dict[str, set[tuple]] = {}
    for scenario, *state in rows(
        log,
        "SELECT scenario, s.hash, outcome, final_image FROM states s"
        " JOIN cases c ON c.id = s.case_id",
    ):
        found.setdefault(scenario, set()).add(tuple(state))
    return found


def verdicts_of(log: Path) -> list[tuple]:
    return rows(log, "SELECT scenario, verdict, met, bound, states FROM cases ORDER BY scenario")


def assert_equal_logs(one: Path, other: Path) -> None:
    assert states_of(one) == states_of(other)
    assert verdicts_of(one) == verdicts_of(other)


def assert_sound(log: Path) -> None:
    """Ids count from 1, parents come before, and a cut is one power loss more."""
    for case_id, states in rows(log, "SELECT id, states FROM cases WHERE states > 0"):
        numbers = "SELECT count(*), count(DISTINCT id), max(id) FROM states WHERE case_id = "
        assert rows(log, numbers + str(case_id)) == [(states, states, states)]
    assert rows(
        log,
        "SELECT count(*) FROM states s LEFT JOIN states p ON p.case_id = s.case_id"
        " AND p.id = s.parent WHERE s.parent <> 0 AND (p.id IS NULL OR p.id >= s.id)",
    ) == [(0,)]
    assert rows(
        log,
        "SELECT count(*) FROM states s JOIN states p ON p.case_id = s.case_id"
        " AND p.id = s.parent JOIN fault_names f ON f.id = s.fault"
        " JOIN cases c ON c.id = s.case_id"
        " WHERE c.verdict = 'PROVED' AND s.boot <> p.boot + (f.name <> 'reset')",
    ) == [(0,)]
    unnamed = "SELECT count(*) FROM states_named WHERE site IS NOT NULL AND file IS NULL"
    assert rows(log, unnamed) == [(0,)]


def names_in(output: str) -> list[str]:
    lines = output.partition("------------")[0]
    return re.findall(r"^ *[A-Z ]+ \[ *[\d.]+s\] (\S+)", lines, re.MULTILINE)


# --- workers


def test_any_number_of_jobs_gives_the_same(
    cutproof: Run, torn: Path, hole: Path, tmp_path: Path
) -> None:
    outputs = {}
    for jobs in ("1", "2", "5"):
        ended = cutproof("run", hole, torn, "-j", jobs, "--log", f"{jobs}.db")
        assert (ended.returncode, ended.stderr) == (0, "")
        outputs[jobs] = names_in(ended.stdout)
        assert_sound(tmp_path / f"{jobs}.db")
    assert len(outputs["1"]) == 3
    assert outputs["1"] == outputs["2"] == outputs["5"]
    for jobs in ("2", "5"):
        assert_equal_logs(tmp_path / "1.db", tmp_path / f"{jobs}.db")
        for table in ("states", "violations", "sites", "promises", "wear"):
            query = f"SELECT * FROM {table} ORDER BY 1, 2, 3"
            assert rows(tmp_path / "1.db", query) == rows(tmp_path / f"{jobs}.db", query)


def test_a_missing_state_is_noticed(cutproof: Run, torn: Path, tmp_path: Path) -> None:
    cutproof("run", torn, "--log", "one.db")
    shutil.copy(tmp_path / "one.db", tmp_path / "other.db")
    assert_equal_logs(tmp_path / "one.db", tmp_path / "other.db")
    change(tmp_path / "other.db", "DELETE FROM states WHERE id = 17 AND case_id = 2")
    with pytest.raises(AssertionError):
        assert_equal_logs(tmp_path / "one.db", tmp_path / "other.db")
    with pytest.raises(AssertionError):
        assert_sound(tmp_path / "other.db")


def test_a_split_case_is_the_whole_one(cutproof: Run, large: Path, tmp_path: Path) -> None:
    for jobs in ("1", "3"):
        ended = cutproof("run", large, "-j", jobs, "--log", f"{jobs}.db")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert_sound(tmp_path / f"{jobs}.db")
    assert_equal_logs(tmp_path / "1.db", tmp_path / "3.db")
    work = "SELECT operations, shard FROM cases"
    [(whole, _)], [(parts, shard)] = rows(tmp_path / "1.db", work), rows(tmp_path / "3.db", work)
    assert parts > whole and shard is None  # the parts overlap, so it was split
    assert not (tmp_path / "3.db.resume").exists()
    places = "SELECT DISTINCT file, line, function, operation FROM sites ORDER BY 1, 2, 3, 4"
    assert rows(tmp_path / "1.db", places) == rows(tmp_path / "3.db", places)
    # No place is in the sites of a split case with counts of one part only.
    missed = "SELECT what FROM unexercised ORDER BY 1"
    assert rows(tmp_path / "1.db", missed) == rows(tmp_path / "3.db", missed)


def test_what_is_small_is_not_split(cutproof: Run, torn: Path, tmp_path: Path) -> None:
    case = ["--case", "cli/torn[images.new.firmware=bad]"]
    for jobs in ("1", "3"):
        cutproof("run", torn, *case, "-j", jobs, "--log", f"{jobs}.db")
    work = "SELECT operations, cuts, boots FROM cases"
    assert rows(tmp_path / "1.db", work) == rows(tmp_path / "3.db", work)


def start(cutproof_path: Path, cwd: Path, *args: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [cutproof_path, "run", *args],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def children_of(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def wait_for_states(child: subprocess.Popen[str], log: Path, case_count: int) -> None:
    """Until the log holds states of so many cases."""
    deadline = time.monotonic() + 60
    counted = "SELECT count(DISTINCT case_id) FROM states"
    while time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.1)
        try:
            if log.is_file() and rows(log, counted)[0][0] >= case_count:
                return
        except sqlite3.OperationalError:
            continue  # not made yet, or busy
    child.kill()
    pytest.fail("no state came into the log: " + "".join(child.communicate()))


def two_endless(endless: Path, tmp_path: Path) -> list[Path]:
    other = variant(endless, tmp_path / "other.yaml", "name: cli/endless", "name: cli/other")
    return [endless, other]


def test_a_killed_worker_costs_its_case_only(
    cutproof_path: Path, endless: Path, torn: Path, tmp_path: Path
) -> None:
    log = tmp_path / "run.db"
    child = start(cutproof_path, tmp_path, endless, torn, "-j", "2", "--log", log)
    wait_for_states(child, log, 1)
    # The two others end by themselves; what still runs is the endless one.
    deadline = time.monotonic() + 60
    proved = "SELECT count(*) FROM cases WHERE verdict = 'PROVED'"
    while rows(log, proved) != [(2,)] and time.monotonic() < deadline:
        time.sleep(0.1)
    [worker] = children_of(child.pid)
    os.kill(worker, signal.SIGKILL)
    out, err = child.communicate(timeout=30)
    assert child.returncode == 3, out + err
    assert "killed by signal 9" in out
    assert rows(log, "SELECT verdict, is_complete FROM cases ORDER BY id") == [
        ("ERROR", 0),
        ("PROVED", 1),
        ("PROVED", 1),
    ]
    assert rows(log, "SELECT complete FROM run") == [(0,)]
    assert rows(log, "SELECT kind FROM failures") == [("not as expected",)]


def test_interrupted_workers_keep_what_they_have(
    cutproof_path: Path, endless: Path, tmp_path: Path
) -> None:
    log = tmp_path / "run.db"
    paths = two_endless(endless, tmp_path)
    child = start(cutproof_path, tmp_path, *paths, "-j", "2", "--log", log)
    wait_for_states(child, log, 2)
    workers = children_of(child.pid)
    assert len(workers) == 2
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=30)
    assert child.returncode == 2, out + err
    assert names_in(out) == ["cli/endless", "cli/other"]
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    assert rows(log, "PRAGMA integrity_check") == [("ok",)]
    assert rows(log, "SELECT verdict, interrupted, is_complete FROM cases") == [
        ("BOUNDED", 1, 0),
        ("BOUNDED", 1, 0),
    ]
    assert_sound(log)
    assert out.splitlines()[-1] == f"next: cutproof run --resume {log}"


def test_workers_die_with_their_parent(
    cutproof_path: Path, endless: Path, tmp_path: Path
) -> None:
    log = tmp_path / "run.db"
    paths = two_endless(endless, tmp_path)
    child = start(cutproof_path, tmp_path, *paths, "-j", "2", "--log", log)
    wait_for_states(child, log, 1)
    workers = children_of(child.pid)
    child.kill()
    child.communicate()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_fail_fast_stops_the_other_workers(
    cutproof: Run, endless: Path, hole: Path, tmp_path: Path
) -> None:
    wrong = variant(hole, tmp_path / "wrong.yaml", "[tells-truth]", "[bootable]")
    started = time.monotonic()
    ended = cutproof("run", endless, wrong, "-j", "2", "--fail-fast", "--log", "run.db")
    assert ended.returncode == 1, ended.stdout
    assert "1 failed  1 not run" in ended.stdout
    assert time.monotonic() - started < 60
    assert rows(tmp_path / "run.db", "SELECT scenario FROM cases") == [("cli/hole",)]


# --- parts and merging


def run_parts(cutproof: Run, count: int, *args: str | Path) -> list[str]:
    logs = []
    for part in range(1, count + 1):
        logs.append(f"part{part}.db")
        ended = cutproof("run", *args, "--shard", f"{part}/{count}", "--log", logs[-1])
        assert ended.returncode == 0, ended.stdout + ended.stderr
    return logs


def test_merged_parts_are_the_whole(cutproof: Run, torn: Path, tmp_path: Path) -> None:
    logs = run_parts(cutproof, 3, torn)
    assert cutproof("run", torn, "-j", "1", "--log", "whole.db").returncode == 0
    merged = cutproof("merge", "--log", "all.db", *logs)
    assert (merged.returncode, merged.stderr) == (0, "")
    assert "2 proved" in merged.stdout
    assert "part 2 of 3" in rows(tmp_path / "part2.db", "SELECT bound FROM cases")[0][0]
    assert_equal_logs(tmp_path / "all.db", tmp_path / "whole.db")
    assert_sound(tmp_path / "all.db")
    assert rows(tmp_path / "part2.db", "SELECT DISTINCT shard FROM cases") == [("2/3",)]
    assert rows(tmp_path / "all.db", "SELECT DISTINCT shard FROM cases") == [(None,)]
    assert rows(tmp_path / "all.db", "SELECT complete FROM run") == [(1,)]
    times = (
        "SELECT file, line, operation, min(times) > 0 FROM sites WHERE fault = 'none'"
        " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    assert rows(tmp_path / "all.db", times) == rows(tmp_path / "whole.db", times)


def test_a_large_case_in_parts(cutproof: Run, large: Path, tmp_path: Path) -> None:
    logs = run_parts(cutproof, 2, large)
    cutproof("run", large, "-j", "1", "--log", "whole.db")
    assert cutproof("merge", "--log", "all.db", *logs).returncode == 0
    assert_equal_logs(tmp_path / "all.db", tmp_path / "whole.db")
    assert_sound(tmp_path / "all.db")


def test_a_claimed_failure_in_parts(cutproof: Run, hole: Path, tmp_path: Path) -> None:
    logs = run_parts(cutproof, 2, hole)
    merged = cutproof("merge", "--log", "all.db", *logs)
    assert merged.returncode == 0, merged.stdout + merged.stderr
    assert "AS CLAIMED" in merged.stdout
    assert rows(tmp_path / "all.db", "SELECT promise, claimed FROM violations") == [
        ("tells-truth", 1)
    ]


def test_a_violation_in_parts_is_red(cutproof: Run, hole: Path, tmp_path: Path) -> None:
    text = hole.read_text().partition("expect:")[0]
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text + "expect: {verdict: proved, min_states: 1}\n")
    for part in (1, 2):
        cutproof("run", wrong, "--shard", f"{part}/2", "--log", f"part{part}.db")
    merged = cutproof("merge", "--log", "all.db", "part1.db", "part2.db")
    assert merged.returncode == 1
    assert "violates tells-truth" in merged.stdout and "  replay  " in merged.stdout


def test_whole_cases_are_taken_over(
    cutproof: Run, torn: Path, hole: Path, tmp_path: Path
) -> None:
    cutproof("run", torn, "--log", "one.db")
    cutproof("run", hole, "--log", "two.db")
    cutproof("run", torn, hole, "--log", "both.db")
    merged = cutproof("merge", "--log", "all.db", "one.db", "two.db")
    assert merged.returncode == 0, merged.stdout + merged.stderr
    for table in ("states", "violations", "sites", "promises", "wear"):
        query = f"SELECT * FROM {table} ORDER BY 1, 2, 3"
        assert rows(tmp_path / "all.db", query) == rows(tmp_path / "both.db", query)


def test_an_incomplete_part_is_not_green(cutproof: Run, torn: Path, tmp_path: Path) -> None:
    case = ["--case", "cli/torn[images.new.firmware=bad]"]
    first = cutproof("run", torn, *case, "--shard", "1/2", "--log", "1.db")
    short = ["--max-states", "50"]
    second = cutproof("run", torn, *case, "--shard", "2/2", *short, "--log", "2.db")
    assert (first.returncode, second.returncode) == (0, 6)
    merged = cutproof("merge", "--log", "all.db", "1.db", "2.db")
    assert merged.returncode == 6, merged.stdout
    assert "budget of states" in merged.stdout
    assert rows(tmp_path / "all.db", "SELECT complete FROM run") == [(0,)]
    # Selected and never begun.
    change(tmp_path / "2.db", "DELETE FROM cases")
    merged = cutproof("merge", "--log", "more.db", "1.db", "2.db")
    assert merged.returncode == 2, merged.stdout
    assert "INTERRUPTED" in merged.stdout


def test_what_cannot_be_merged(
    cutproof: Run, cutproof_path: Path, torn: Path, tmp_path: Path
) -> None:
    logs = run_parts(cutproof, 3, torn)

    def refused(*args: str) -> str:
        ended = cutproof("merge", *args)
        assert ended.returncode == 4, ended.stdout
        assert ended.stdout == "" and not (tmp_path / "all.db").exists()
        return ended.stderr

    assert "part 2 of 3 of the case 'cli/torn[" in refused("--log", "all.db", logs[0], logs[2])
    assert "part 1 of the case" in refused("--log", "all.db", logs[0], *logs)
    assert "--log FILE" in refused(*logs)
    assert "--log FILE" in refused("--log", "all.db")
    assert "nowhere.db" in refused("--log", "all.db", "nowhere.db")
    cutproof("run", torn, "--shard", "2/2", "--log", "other.db")
    assert "into 3 parts in 'part1.db' and into 2" in refused("--log", "all.db", *logs, "other.db")
    cutproof("run", torn, "--log", "whole.db")
    assert "into 1 in 'whole.db'" in refused("--log", "all.db", *logs, "whole.db")
    ended = cutproof("merge", "--log", logs[0], *logs)
    assert ended.returncode == 4 and "never overwritten" in ended.stderr

    shutil.copy(tmp_path / logs[1], tmp_path / "changed.db")
    changed = ["--log", "all.db", logs[0], "changed.db", logs[2]]
    change(tmp_path / "changed.db", "UPDATE scenarios SET yaml = yaml || '# another'")
    assert "is not the one in the logs before it" in refused(*changed)
    change(tmp_path / "changed.db", "UPDATE scenarios SET yaml = replace(yaml, '# another', '')")
    change(tmp_path / "changed.db", "UPDATE run SET engine = 'slow'")
    assert "slow engine" in refused(*changed)
    change(tmp_path / "changed.db", "UPDATE run SET engine = 'fast', core_hash = '0123'")
    assert "core cutproof 0123" in refused(*changed)
    shutil.copy(tmp_path / logs[1], tmp_path / "changed.db")
    change(tmp_path / "changed.db", "UPDATE cases SET hash = '00000000'")
    assert "means something else" in refused(*changed)
    shutil.copy(tmp_path / logs[1], tmp_path / "changed.db")
    assert cutproof("merge", *changed).returncode == 0


# --- budgets


@pytest.mark.parametrize(
    "budget, words",
    [
        (["--max-states", "5000"], "the budget of states ran out"),
        (["--max-time", "1s"], "the time budget ran out"),
        (["--max-memory", "4MiB"], "the memory budget ran out"),
    ],
)
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_budget_is_inconclusive(
    budget: list[str], words: str, jobs: str, cutproof: Run, endless: Path, tmp_path: Path
) -> None:
    ended = cutproof("run", endless, "-j", jobs, *budget, "--log", "run.db")
    assert ended.returncode == 6, ended.stdout + ended.stderr
    assert "INCONCLUSIVE" in ended.stdout and words in ended.stdout
    assert rows(tmp_path / "run.db", "SELECT met, is_complete FROM cases") == [(0, 0)]


def test_a_budget_is_no_bound_of_the_scenario(
    cutproof: Run, endless: Path, tmp_path: Path
) -> None:
    text = endless.read_text().replace("states: 100000000", "states: 5000")
    scenario = tmp_path / "bounded.yaml"
    scenario.write_text(text.replace("verdict: proved", "verdict: bounded"))
    assert cutproof("run", scenario, "--log", "bound.db").returncode == 0
    assert cutproof("run", scenario, "--max-states", "6000", "--log", "more.db").returncode == 0
    ended = cutproof("run", scenario, "--max-states", "4000", "--log", "less.db")
    assert ended.returncode == 6, ended.stdout
    assert rows(tmp_path / "bound.db", "SELECT stopped_by, is_complete FROM cases") == [
        ("states", 1)
    ]
    assert rows(tmp_path / "less.db", "SELECT stopped_by, is_complete FROM cases") == [
        ("states", 0)
    ]


@pytest.mark.parametrize(
    "option, value",
    [
        ("--jobs", "0"),
        ("--engine", "quick"),
        ("--shard", "4/3"),
        ("--max-time", "10"),
        ("--max-memory", "1"),
        ("--max-states", "many"),
    ],
)
def test_bad_values(option: str, value: str, cutproof: Run, torn: Path, tmp_path: Path) -> None:
    ended = cutproof("run", torn, option, value)
    assert ended.returncode == 4
    assert f"{option} cannot be '{value}'" in ended.stderr
    assert "= help: give " in ended.stderr
    assert not (tmp_path / ".cutproof").exists()


# --- going on


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_run_goes_on_to_its_end(jobs: str, cutproof: Run, torn: Path, tmp_path: Path) -> None:
    cutproof("run", torn, "-j", "1", "--log", "whole.db")
    run = ["-j", jobs, "--max-states", "20000"]
    assert cutproof("run", torn, *run, "--log", "run.db").returncode == 6
    assert rows(tmp_path / "run.db", "SELECT complete FROM run") == [(0,)]
    assert rows(tmp_path / "run.db", "SELECT count(*) FROM states") > [(0,)]
    ended = cutproof("run", "--resume", "run.db", "-j", jobs)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "2 proved" in ended.stdout
    assert_equal_logs(tmp_path / "run.db", tmp_path / "whole.db")
    assert_sound(tmp_path / "run.db")
    assert rows(tmp_path / "run.db", "SELECT complete FROM run") == [(1,)]
    assert not (tmp_path / "run.db.resume").exists()
    for table in ("violations", "promises", "wear", "times"):
        count = f"SELECT count(*) FROM {table}"
        assert rows(tmp_path / "run.db", count) == rows(tmp_path / "whole.db", count)


def test_a_split_case_goes_on(cutproof: Run, large: Path, tmp_path: Path) -> None:
    cutproof("run", large, "-j", "1", "--log", "whole.db")
    ended = cutproof("run", large, "-j", "3", "--max-time", "1s", "--max-memory", "30MiB",
                     "--log", "run.db")  # fmt: skip
    assert ended.returncode == 6, ended.stdout
    [(before,)] = rows(tmp_path / "run.db", "SELECT count(*) FROM states")
    assert before > 0
    ended = cutproof("run", "--resume", "run.db", "-j", "2")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert_equal_logs(tmp_path / "run.db", tmp_path / "whole.db")
    assert_sound(tmp_path / "run.db")
    assert not (tmp_path / "run.db.resume").exists()


def test_what_has_ended_is_not_run_again(
    cutproof: Run, torn: Path, endless: Path, tmp_path: Path
) -> None:
    budget = ["--max-states", "70000"]
    assert cutproof("run", torn, endless, *budget, "--log", "run.db").returncode == 6
    told = "SELECT * FROM cases WHERE verdict = 'PROVED'"
    before = rows(tmp_path / "run.db", told)
    assert len(before) == 2
    ended = cutproof("run", "--resume", "run.db", "--max-states", "80000")
    assert ended.returncode == 6, ended.stdout
    assert rows(tmp_path / "run.db", told) == before  # the seconds too
    assert len(names_in(ended.stdout)) == 3
    assert rows(tmp_path / "run.db", "SELECT max(states) FROM cases") == [(80000,)]
    assert_sound(tmp_path / "run.db")


def test_a_killed_run_begins_its_case_again(
    cutproof_path: Path, cutproof: Run, endless: Path, torn: Path, tmp_path: Path
) -> None:
    log = tmp_path / "run.db"
    child = start(cutproof_path, tmp_path, endless, torn, "-j", "1", "--log", log)
    wait_for_states(child, log, 1)
    child.kill()
    child.communicate()
    ended = cutproof("run", "--resume", log, "--max-states", "5000")
    assert ended.returncode == 6, ended.stdout + ended.stderr
    assert rows(log, "SELECT scenario, states FROM cases WHERE file LIKE '%endless%'") == [
        ("cli/endless", 5000)
    ]
    assert rows(log, "SELECT count(*) FROM cases") == [(3,)]
    assert_sound(log)


def test_a_complete_run_stays_as_it_is(cutproof: Run, torn: Path, tmp_path: Path) -> None:
    cutproof("run", torn, "--log", "run.db")
    before = rows(tmp_path / "run.db", "SELECT * FROM cases")
    ended = cutproof("run", "--resume", "run.db")
    assert ended.returncode == 0
    assert rows(tmp_path / "run.db", "SELECT * FROM cases") == before
    assert rows(tmp_path / "run.db", "SELECT complete FROM run") == [(1,)]


def test_how_it_is_searched_comes_from_the_log(
    cutproof: Run, torn: Path, tmp_path: Path
) -> None:
    budget = ["--shard", "2/3", "--max-states", "50"]
    assert cutproof("run", torn, *budget, "--log", "run.db").returncode == 6
    ended = cutproof("run", "--resume", "run.db")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "part 2 of 3" in ended.stdout
    assert rows(tmp_path / "run.db", "SELECT DISTINCT shard FROM cases") == [("2/3",)]


def test_what_cannot_go_on(cutproof: Run, torn: Path, tmp_path: Path) -> None:
    assert cutproof("run", torn, "--max-states", "50", "--log", "run.db").returncode == 6

    def refused(*args: str | Path) -> str:
        ended = cutproof("run", "--resume", *args)
        assert ended.returncode == 4, ended.stdout
        return ended.stderr

    assert "nowhere.db" in refused("nowhere.db")
    assert "a scenario cannot be given with --resume" in refused("run.db", torn)
    for option in (["--log", "x.db"], ["--engine", "slow"], ["--shard", "1/2"], ["--audit"]):
        assert f"{option[0]} cannot be given with --resume" in refused("run.db", *option)
    (tmp_path / "text.db").write_text("no log")
    assert "text.db" in refused("text.db")
    change(tmp_path / "run.db", "UPDATE cases SET hash = '00000000'")
    assert "means something else" in refused("run.db")
    change(tmp_path / "run.db", "UPDATE run SET core_hash = '0123'")
    assert "--core" in refused("run.db")


# --- what is told


def test_verbose_and_json_tell_more(cutproof: Run, torn: Path) -> None:
    case = ["--case", "cli/torn[images.new.firmware=bad]"]
    plain = cutproof("run", torn, *case).stdout
    told = cutproof("run", torn, *case, "--verbose").stdout
    assert "  search    " in told and "  search    " not in plain
    audited = cutproof("run", torn, *case, "--audit").stdout
    assert re.search(r"^  audit     [\d,]+ reads of torn words", audited, re.MULTILINE)
    lines = cutproof("run", torn, *case, "--format", "json").stdout.splitlines()
    found, summary = json.loads(lines[0]), json.loads(lines[-1])
    assert summary["complete"] is True and found["is_complete"] is True
    assert {"uptime_operations", "memo_hits", "audit_surprises", "is_wear_exact"} <= set(found)
