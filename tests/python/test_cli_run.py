"""cutproof run: exit codes, where the log goes, output, and being stopped."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Callable

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

ESCAPE = "\x1b"
TORN_BAD = "cli/torn[images.new.firmware=bad]"


@pytest.fixture
def torn(root: Path) -> Path:
    """Two cases that are proved in a moment."""
    return root / "tests/data/cli/torn.yaml"


@pytest.fixture
def endless(root: Path) -> Path:
    """A case that does not end in the time of a test."""
    return root / "tests/data/cli/endless.yaml"


def variant(scenario: Path, out: Path, old: str, new: str) -> Path:
    """A copy of a scenario with one text replaced."""
    text = scenario.read_text()
    assert text.count(old) == 1
    out.write_text(text.replace(old, new))
    return out


def rows(log: Path, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(log)) as db:
        return db.execute(sql).fetchall()


# --- exit codes


def test_as_expected(cutproof: Run, torn: Path) -> None:
    ended = cutproof("run", torn, "--log", "run.db")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.search(r"^Summary \[ *[\d.]+s\]  2 proved    [\d,]+ states$", ended.stdout, re.M)
    assert "log:  run.db\n" in ended.stdout
    assert ended.stdout.splitlines()[-1].startswith("next: ")


def test_a_directory_without_scenarios(cutproof: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ended = cutproof("run", "empty")
    assert ended.returncode == 4
    assert "no scenario in this directory" in ended.stderr


def test_a_claimed_failure_is_as_expected(cutproof: Run, root: Path) -> None:
    hole = root / "tests/data/cli/hole.yaml"
    ended = cutproof("run", hole)
    assert ended.returncode == 0
    assert "AS CLAIMED" in ended.stdout
    assert "  replay  " not in ended.stdout
    listed = cutproof("run", hole, "--list-violations")
    assert listed.stdout.count("  replay  ") == 1


def test_a_violation(cutproof: Run, root: Path, tmp_path: Path) -> None:
    scenario = variant(
        root / "scenarios/seed/revert-is-told.yaml",
        tmp_path / "hole.yaml",
        ", during: [application]",
        "",
    )
    ended = cutproof("run", scenario, "--log", "run.db")
    assert ended.returncode == 1
    replay = re.search(r"^  replay    (.*)$", ended.stdout, re.MULTILINE)
    assert replay
    assert ended.stdout.splitlines()[-1] == f"next: {replay[1]}"


def test_a_claim_that_holds_is_red(cutproof: Run, torn: Path, tmp_path: Path) -> None:
    scenario = variant(
        torn,
        tmp_path / "claim.yaml",
        "{verdict: proved, min_states: 1000}",
        "{verdict: violated, violates: [bootable], because: nothing}",
    )
    assert cutproof("run", scenario, "--log", "run.db").returncode == 1
    kinds = rows(tmp_path / "run.db", "SELECT kind, promise FROM failures")
    assert kinds == [("claim does not hold", "bootable")] * 2


def test_too_few_states_is_red(cutproof: Run, torn: Path, tmp_path: Path) -> None:
    scenario = variant(torn, tmp_path / "few.yaml", "min_states: 1000", "min_states: 99999999")
    ended = cutproof("run", scenario)
    assert ended.returncode == 1
    assert "expected at least 99,999,999" in ended.stdout


def test_nothing_selected(cutproof: Run, torn: Path, tmp_path: Path) -> None:
    assert cutproof("run", torn, "--tag", "nobody").returncode == 5
    misspelt = cutproof("run", torn, "--case", "cli/torn[images.new.firmware=bda]")
    assert misspelt.returncode == 5
    assert f"did you mean '{TORN_BAD}'?" in misspelt.stderr
    assert not (tmp_path / ".cutproof").exists()


def test_a_time_budget_is_inconclusive(cutproof: Run, endless: Path, tmp_path: Path) -> None:
    scenario = variant(endless, tmp_path / "budget.yaml", "time: 100s", "time: 1s")
    started = time.monotonic()
    ended = cutproof("run", scenario, "--log", "run.db")
    assert ended.returncode == 6, ended.stdout
    assert "INCONCLUSIVE" in ended.stdout
    assert time.monotonic() - started < 20
    assert rows(tmp_path / "run.db", "SELECT verdict, interrupted, met FROM cases") == [
        ("BOUNDED", 0, 0)
    ]
    assert rows(tmp_path / "run.db", "SELECT complete FROM run") == [(0,)]
    assert ended.stdout.splitlines()[-1] == "next: cutproof run --resume run.db"


# --- selection


def test_case_and_tag(cutproof: Run, torn: Path, root: Path, tmp_path: Path) -> None:
    assert cutproof("run", torn, "--case", TORN_BAD, "--log", "one.db").returncode == 0
    assert rows(tmp_path / "one.db", "SELECT scenario FROM cases") == [(TORN_BAD,)]
    folder = root / "tests/data/cli"
    assert cutproof("run", folder, "--tag", "small", "--log", "small.db").returncode == 0
    files = rows(tmp_path / "small.db", "SELECT DISTINCT file FROM cases ORDER BY file")
    assert files == [(str(folder / "hole.yaml"),), (str(torn),)]


def test_fail_fast(cutproof: Run, torn: Path, tmp_path: Path) -> None:
    scenario = variant(torn, tmp_path / "few.yaml", "min_states: 1000", "min_states: 99999999")
    ended = cutproof("run", "--fail-fast", scenario, "--log", "run.db")
    assert ended.returncode == 1
    assert "1 not run" in ended.stdout
    assert rows(tmp_path / "run.db", "SELECT count(*) FROM cases") == [(1,)]


# --- the log


def test_an_existing_file_is_never_overwritten(
    cutproof: Run, torn: Path, tmp_path: Path
) -> None:
    log = tmp_path / "run.db"
    log.write_bytes(b"precious\0")
    refused = cutproof("run", torn, "--log", log)
    assert refused.returncode == 4
    assert "run.db" in refused.stderr
    assert log.read_bytes() == b"precious\0"
    assert cutproof("run", torn, "--case", TORN_BAD, "--log", "own.db").returncode == 0
    before = (tmp_path / "own.db").read_bytes()
    assert cutproof("run", torn, "--log", "own.db").returncode == 4
    assert (tmp_path / "own.db").read_bytes() == before


def test_a_log_that_cannot_be_made(cutproof: Run, torn: Path) -> None:
    refused = cutproof("run", torn, "--log", "nowhere/run.db")
    assert refused.returncode == 4
    assert "nowhere/run.db" in refused.stderr


def test_latest_follows_the_runs(cutproof: Run, torn: Path, tmp_path: Path) -> None:
    runs = tmp_path / ".cutproof/runs"
    for count in (1, 2):
        ended = cutproof("run", torn, "--case", TORN_BAD)
        run_id = re.match(r"Run (\S+) ", ended.stdout)
        assert run_id
        assert os.readlink(runs / "latest") == run_id[1]
        assert f"log:  .cutproof/runs/{run_id[1]}/run.db" in ended.stdout
        assert len([path for path in runs.iterdir() if not path.is_symlink()]) == count
    assert rows(runs / "latest/run.db", "SELECT complete FROM run") == [(1,)]


# --- output


def test_json(cutproof: Run, torn: Path, root: Path) -> None:
    hole = root / "tests/data/cli/hole.yaml"
    ended = cutproof("run", "--format", "json", torn, hole, "--log", "run.db")
    *cases, summary = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [case["type"] for case in cases] == ["case"] * 3
    assert [case["verdict"] for case in cases] == ["PROVED", "PROVED", "VIOLATED"]
    assert cases[2]["violations"][0]["replay_id"].startswith("cli/hole@")
    assert (summary["proved"], summary["as_claimed"], summary["exit_code"]) == (2, 1, 0)
    assert summary["states"] == sum(case["states"] for case in cases)
    assert (summary["log"], ended.stderr) == ("run.db", "")


def test_color(cutproof: Run, torn: Path) -> None:
    arguments = ["run", torn, "--case", TORN_BAD]
    assert ESCAPE not in cutproof(*arguments).stdout
    assert ESCAPE not in cutproof(*arguments, env={"NO_COLOR": None}).stdout  # no terminal
    assert ESCAPE in cutproof(*arguments, "--color", "always").stdout
    assert ESCAPE not in cutproof(*arguments, "--color", "never").stdout


def on_terminal(command: list, cwd: Path, env: dict[str, str]) -> tuple[int, str]:
    """Run with a terminal as output and error; returns the exit code and what it shows."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and select.select([ours], [], [], 60)[0]:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end was closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    return child.wait(timeout=60), shown.decode()


@pytest.mark.parametrize("no_color", [True, False])
def test_the_live_line(
    no_color: bool, cutproof_path: Path, endless: Path, tmp_path: Path
) -> None:
    scenario = variant(endless, tmp_path / "budget.yaml", "time: 100s", "time: 1s")
    env = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "CI")}
    env["TERM"] = "xterm"
    if no_color:
        env["NO_COLOR"] = "1"
    code, shown = on_terminal([cutproof_path, "run", scenario], tmp_path, env)
    assert code == 6
    assert re.search(r"cli/endless  [\d,]+ states  [\d,]+ states/s  cut \d+ deep", shown)
    assert "ETA <= " in shown
    # It is gone before the result stands there, and colour obeys NO_COLOR.
    assert "\r\x1b[K" in shown.rpartition(" deep")[2]
    assert ("\x1b[3" in shown or "\x1b[1" in shown) != no_color


def test_no_live_line_without_a_terminal(
    cutproof: Run, endless: Path, tmp_path: Path
) -> None:
    scenario = variant(endless, tmp_path / "budget.yaml", "time: 100s", "time: 1s")
    assert cutproof("run", scenario, env={"TERM": "xterm"}).stderr == ""


# --- stopped


def start(cutproof_path: Path, endless: Path, log: Path) -> subprocess.Popen[str]:
    """Start a long run; returns when its log holds states."""
    child = subprocess.Popen(
        [cutproof_path, "run", endless, "--log", log],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.1)
        try:
            if log.is_file() and rows(log, "SELECT count(*) FROM states") > [(0,)]:
                return child
        except sqlite3.OperationalError:
            continue  # not made yet, or busy
    child.kill()
    pytest.fail("no state came into the log: " + "".join(child.communicate()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(
    number: signal.Signals, cutproof_path: Path, endless: Path, tmp_path: Path
) -> None:
    log = tmp_path / "run.db"
    child = start(cutproof_path, endless, log)
    child.send_signal(number)
    out, err = child.communicate(timeout=30)
    assert child.returncode == 2, out + err
    assert "INTERRUPTED" in out and "1 interrupted" in out
    assert rows(log, "PRAGMA integrity_check") == [("ok",)]
    assert rows(log, "SELECT complete FROM run") == [(0,)]
    [(verdict, interrupted, states)] = rows(log, "SELECT verdict, interrupted, states FROM cases")
    assert (verdict, interrupted) == ("BOUNDED", 1)
    assert rows(log, "SELECT count(*) FROM states") == [(states,)]
    assert rows(log, "SELECT count(*) FROM failures") == [(0,)]


def test_killed(cutproof_path: Path, cutproof: Run, endless: Path, tmp_path: Path) -> None:
    log = tmp_path / "run.db"
    child = start(cutproof_path, endless, log)
    child.kill()
    child.communicate()
    assert rows(log, "PRAGMA integrity_check") == [("ok",)]
    assert rows(log, "SELECT complete, finished_at FROM run") == [(0, None)]
    assert rows(log, "SELECT verdict FROM cases") == [(None,)]
    assert rows(log, "SELECT count(*) FROM states") > [(0,)]
    for view in ("failures", "outcomes", "unexercised", "states_named"):
        rows(log, f"SELECT * FROM {view} LIMIT 5")
    # Its scenario is in it, so a trace of it can be replayed.
    [(case_hash,)] = rows(log, "SELECT hash FROM cases")
    replayed = cutproof("replay", f"cli/endless@{case_hash}:a1", "--log", log)
    assert replayed.returncode == 0, replayed.stderr
