"""The clock of the part in output and log, and a violation that no trace shows."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from conftest import Run

CASE = "seed/progresses[images.new.firmware=bad]"
# Of nrf52840, with two pages of ACTIVE: each is copied twice, and each copy recorded.
PROGRAM_US, ERASE_US = 41, 85000
STEP_US = ERASE_US + 1025 * PROGRAM_US
STORE_US = ERASE_US + 2 * PROGRAM_US


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "scenarios/seed/progresses.yaml").read_text()


def times(log: Path) -> dict[str, int]:
    with sqlite3.connect(f"file:{log}?mode=ro", uri=True) as db:
        return dict(db.execute("SELECT name, time_us FROM times"))


def test_times_are_in_log_and_output(cutproof: Run, root: Path, tmp_path: Path) -> None:
    file = root / "scenarios/seed/progresses.yaml"
    ended = cutproof("run", file, "--case", CASE, "--verbose", "--log", "run.db")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert times(tmp_path / "run.db") == {
        "uncut": 3 * ERASE_US + 2048 * PROGRAM_US + STORE_US + 8 * STEP_US + STORE_US,
        "update": 4 * STEP_US,
        "revert": 4 * STEP_US + STORE_US,
        "resume-max": 4 * STEP_US + STORE_US,
        "uptime": STEP_US,
        "unfed-max": STORE_US,
    }
    assert "1,026 operations, or 127.0 ms\n" in ended.stdout
    assert "\n  flash     update 508.1 ms  revert 593.2 ms  unfed 85.1 ms\n" in ended.stdout


def test_times_are_the_same_in_parts(cutproof: Run, root: Path, tmp_path: Path) -> None:
    file = root / "scenarios/seed/progresses.yaml"
    cutproof("run", file, "--case", CASE, "--log", "whole.db")
    for part in (1, 2):
        cutproof("run", file, "--case", CASE, "--shard", f"{part}/2", "--log", f"{part}.db")
    merged = cutproof("merge", "--log", "all.db", "1.db", "2.db")
    assert merged.returncode == 0, merged.stdout + merged.stderr
    assert times(tmp_path / "all.db") == times(tmp_path / "whole.db")


def test_an_uptime_that_is_too_short(cutproof: Run, text: str, tmp_path: Path) -> None:
    file = tmp_path / "short.yaml"
    file.write_text(text.replace("uptime: 128ms", "uptime: 127ms"))
    ended = cutproof("run", file, "--case", CASE, "--log", "run.db")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    message = "only power-ons of 127025 us are sure to get the device further"
    assert message in ended.stdout
    assert "trace     none: it is of the whole search" in ended.stdout
    assert "replay" not in ended.stdout and "warning" not in ended.stdout
    assert f"next: cutproof run '{file}' --case '{CASE}' --verbose" in ended.stdout
    with sqlite3.connect(f"file:{tmp_path / 'run.db'}?mode=ro", uri=True) as db:
        query = "SELECT promise, trace, replay_id, cuts, is_shortest, is_of_search FROM violations"
        assert db.execute(query).fetchall() == [("progresses", "", "", 0, 1, 1)]
        assert db.execute("SELECT stopped_by, is_complete FROM cases").fetchall() == [
            ("violation", 1)
        ]
    told = cutproof("run", file, "--case", CASE, "--format", "json", "--log", "json.db")
    case = next(line for line in map(json.loads, told.stdout.splitlines()) if "verdict" in line)
    assert case["uptime_us"] == STEP_US and case["resume_us_max"] == 4 * STEP_US + STORE_US
    assert case["violations"][0]["is_of_search"] and case["violations"][0]["replay_id"] is None
    # The life without any cut can be replayed, and says what it does not show.
    replayed = cutproof("replay", f"{CASE}@{case['hash']}:", file)
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert "HOLDS" in replayed.stdout and "is of a whole search" in replayed.stdout


def test_an_uptime_that_is_claimed_too_short(cutproof: Run, text: str, tmp_path: Path) -> None:
    file = tmp_path / "claim.yaml"
    claim = "expect: {verdict: violated, violates: [progresses], because: a page takes longer}"
    lines = [line for line in text.splitlines() if not line.startswith("expect:")]
    file.write_text("\n".join(lines).replace("uptime: 128ms", "uptime: 127ms") + f"\n{claim}\n")
    ended = cutproof("run", file, "--list-violations", "--log", "run.db")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "2 as claimed" in ended.stdout
    slow = cutproof("run", file, "--engine", "slow", "--max-states", "300", "--log", "slow.db")
    assert "without the up-time" in slow.stdout
