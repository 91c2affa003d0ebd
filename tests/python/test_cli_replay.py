"""cutproof replay: where it finds the case, what it shows, and what it refuses."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Callable, NamedTuple

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


class Claim(NamedTuple):
    """A run of a scenario that claims a failure: its id and where it was kept."""

    replay_id: str
    log: Path
    scenario: Path

    @property
    def stem(self) -> str:
        return self.replay_id.partition(":")[0]


@pytest.fixture
def claim(cutproof: Run, root: Path, tmp_path: Path) -> Claim:
    log = tmp_path / "claim.db"
    scenario = root / "tests/data/cli/hole.yaml"
    assert cutproof("run", scenario, "--log", log).returncode == 0
    with closing(sqlite3.connect(log)) as db:
        [(replay_id,)] = db.execute("SELECT replay_id FROM violations").fetchall()
    return Claim(replay_id, log, scenario)


@pytest.fixture
def project(claim: Claim, tmp_path: Path) -> Path:
    """A directory with the scenario in scenarios/."""
    (tmp_path / "project/scenarios").mkdir(parents=True)
    shutil.copy(claim.scenario, tmp_path / "project/scenarios")
    return tmp_path / "project"


def test_from_the_scenarios_of_the_directory(claim: Claim, cutproof: Run, project: Path) -> None:
    shown = cutproof("replay", claim.replay_id, cwd=project)
    assert (shown.returncode, shown.stderr) == (1, "")
    lines = shown.stdout.splitlines()
    assert lines[0] == "power on, 0 cuts so far"
    assert sum(line.startswith("     cut  ") for line in lines) == 1
    assert any(line.startswith("  broken  tells-truth: ") for line in lines)
    assert lines[-1] == "REPRODUCED  cli/hole violates tells-truth"


def test_every_way_to_the_case_shows_the_same(
    claim: Claim, cutproof: Run, project: Path
) -> None:
    from_directory = cutproof("replay", claim.replay_id, cwd=project)
    from_file = cutproof("replay", claim.replay_id, claim.scenario)
    from_log = cutproof("replay", claim.replay_id, "--log", claim.log)
    assert from_file.stdout == from_directory.stdout
    assert from_log.stdout == from_directory.stdout
    assert from_log.returncode == from_file.returncode == 1


def test_from_the_latest_log(claim: Claim, cutproof: Run, tmp_path: Path) -> None:
    assert cutproof("run", claim.scenario).returncode == 0
    assert cutproof("replay", claim.replay_id, cwd=tmp_path).returncode == 1


def test_a_trace_on_which_all_holds(claim: Claim, cutproof: Run) -> None:
    shown = cutproof("replay", f"{claim.stem}:a1", claim.scenario)
    assert shown.returncode == 0
    assert "HOLDS  no promise broke on this trace" in shown.stdout


def test_json(claim: Claim, cutproof: Run) -> None:
    shown = cutproof("replay", "--format", "json", claim.replay_id, claim.scenario)
    *steps, summary = [json.loads(line) for line in shown.stdout.splitlines()]
    assert {step["type"] for step in steps} == {"step"}
    assert (summary["type"], summary["violated"]) == ("summary", True)
    assert summary["promise"] == "tells-truth"
    assert summary["trace"] == claim.replay_id.partition(":")[2]


def test_state_in_words(claim: Claim, cutproof: Run) -> None:
    """Told below each operation that changed it, and nowhere else."""
    lines = cutproof("replay", "--verbose", claim.replay_id, claim.scenario).stdout.splitlines()
    told = [i for i, line in enumerate(lines) if line.startswith("          STATE  seed: ")]
    assert len(told) >= 6
    assert lines[told[0] - 1].startswith("power on")
    assert lines[told[-1]] == "          STATE  seed: Revert"
    texts = [lines[i] for i in told]
    assert all(one != other for one, other in zip(texts, texts[1:]))
    shown = cutproof("replay", claim.replay_id, claim.scenario)
    assert "STATE  seed" not in shown.stdout


def test_the_call_chain(claim: Claim, cutproof: Run) -> None:
    shown = cutproof("replay", "--verbose", claim.replay_id, claim.scenario)
    assert re.search(r"^ +from core/src/updater\.c:\d+ \(\w+\)$", shown.stdout, re.MULTILINE)


# --- only up to an event


def steps_in(stdout: str) -> list[str]:
    return [line for line in stdout.splitlines() if re.match(r" +(\d+|cut|broken) |power on", line)]


@pytest.mark.parametrize(
    ("until", "cuts"), [("0:3", 0), ("1:2", 1), ("2", 1), ("1:0", 1), ("0:0", 0)]
)
def test_until(until: str, cuts: int, claim: Claim, cutproof: Run) -> None:
    """It shows the first steps of the whole, ends with that event, and claims no more."""
    whole = steps_in(cutproof("replay", claim.replay_id, claim.scenario).stdout)
    shown = cutproof("replay", "--until", until, claim.replay_id, claim.scenario)
    assert (shown.returncode, shown.stderr) == (0, "")
    steps, event = steps_in(shown.stdout), until.rpartition(":")[2]
    assert steps == whole[: len(steps)]
    assert sum(line.startswith("power on") for line in steps) == cuts + 1
    assert steps[-1].split()[0] == (event if event != "0" else "power")
    last = shown.stdout.splitlines()[-1]
    assert last == f"STOPPED  after event {cuts}:{event}; no promise broke up to there"


def test_until_the_cut_is_not_in_it(claim: Claim, cutproof: Run) -> None:
    cut = claim.replay_id.rpartition(":a")[2]
    shown = cutproof("replay", "--until", f"0:{cut}", claim.replay_id, claim.scenario)
    assert steps_in(shown.stdout)[-1].split()[0] == cut


def test_until_behind_the_violation(claim: Claim, cutproof: Run) -> None:
    shown = cutproof("replay", "--until", "1:5", claim.replay_id, claim.scenario)
    assert shown.returncode == 1
    assert shown.stdout.splitlines()[-1] == "REPRODUCED  cli/hole violates tells-truth"


def test_until_in_json(claim: Claim, cutproof: Run) -> None:
    shown = cutproof(
        "replay", "--format", "json", "--until", "1:2", claim.replay_id, claim.scenario
    )
    *steps, summary = [json.loads(line) for line in shown.stdout.splitlines()]
    assert (steps[-1]["cuts"], steps[-1]["event_index"]) == (1, 2)
    assert (summary["until"], summary["violated"]) == ("1:2", False)


@pytest.mark.parametrize(
    ("until", "complaint"),
    [
        ("1:6", "that power-on ends after event 5"),
        ("2:1", "the trace has 1 cut"),
        ("", "'' is no event"),
        ("1:", "'1:' is no event"),
        (":1", "':1' is no event"),
        ("a5", "'a5' is no event"),
        ("-1", "'-1' is no event"),
        ("1:2:3", "'1:2:3' is no event"),
        ("99999999999999999999", "is no event"),
    ],
)
def test_until_no_event(until: str, complaint: str, claim: Claim, cutproof: Run) -> None:
    told = cutproof("replay", f"--until={until}", claim.replay_id, claim.scenario)
    assert (told.returncode, told.stdout) == (4, "")
    assert complaint in told.stderr


# --- refused


@pytest.mark.parametrize(
    "bad_id",
    ["first", "first@", "@12345678:", "first@1234567:", "first@1234567G:", "first@12345678",
     "first@12345678:a1,", "first@12345678:,a1", "first@12345678:7", "first@12345678:a1;b"],
)  # fmt: skip
def test_no_case_id(bad_id: str, cutproof: Run) -> None:
    told = cutproof("replay", bad_id)
    assert (told.returncode, told.stdout) == (4, "")
    assert "is no case id" in told.stderr


def test_no_id_at_all(cutproof: Run) -> None:
    told = cutproof("replay")
    assert told.returncode == 4
    assert "which case?" in told.stderr


@pytest.mark.parametrize("source", ["scenario", "log"])
def test_a_name_misspelt(source: str, claim: Claim, cutproof: Run) -> None:
    bad_id = claim.replay_id.replace("cli/hole", "cli/hoel")
    where = ["--log", claim.log] if source == "log" else [claim.scenario]
    told = cutproof("replay", bad_id, *where)
    assert told.returncode == 4
    assert "no case is named 'cli/hoel'" in told.stderr
    assert "did you mean 'cli/hole'?" in told.stderr


def test_a_stale_hash(claim: Claim, cutproof: Run) -> None:
    stale = f"cli/hole@00000000:{claim.replay_id.partition(':')[2]}"
    told = cutproof("replay", stale, claim.scenario)
    assert (told.returncode, told.stdout) == (4, "")
    assert "00000000" in told.stderr and claim.stem.rpartition("@")[2] in told.stderr
    forced = cutproof("replay", "--force", stale, claim.scenario)
    assert forced.returncode == 1
    assert "warning" in forced.stderr


@pytest.mark.parametrize(
    ("trace", "complaint"),
    [
        ("a99999999", "event 99999999 is never reached"),
        ("t1.low-nibbles", "event 1 is no flash operation"),
        ("c1=1", "event 1 is no choice"),
        ("x1", "x1"),
        ("a", "a"),
        ("t5.no-such-form", "no-such-form"),
    ],
)
def test_a_trace_that_does_not_fit(
    trace: str, complaint: str, claim: Claim, cutproof: Run
) -> None:
    told = cutproof("replay", f"{claim.stem}:{trace}", claim.scenario)
    assert told.returncode == 4, told.stdout
    assert complaint in told.stderr
    assert "REPRODUCED" not in told.stdout and "HOLDS" not in told.stdout


# --- a log that is none


def foreign(path: Path, kind: str, log: Path) -> None:
    """Put something at `path` that is no log of ours."""
    if kind == "text":
        path.write_text("this is no database, and long enough to be taken for one\n" * 20)
    elif kind == "application":
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE run(complete INTEGER)")
            db.commit()
    elif kind == "truncated":
        path.write_bytes(log.read_bytes()[:5000])
    elif kind == "schema":
        path.write_bytes(log.read_bytes())
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA user_version = 999")
    elif kind == "directory":
        path.mkdir()
    elif kind == "unreadable":
        path.write_bytes(log.read_bytes())
        path.chmod(0)


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ("missing", "cannot read the log 'foreign.db': No such file or directory"),
        ("empty", "'foreign.db' is empty"),
        ("text", "'foreign.db' is not an SQLite database"),
        ("application", "'foreign.db' is an SQLite database, but no Cutproof log"),
        ("truncated", "'foreign.db' "),
        ("schema", "'foreign.db' is a log of schema version 999"),
        ("directory", "'foreign.db' "),
        ("unreadable", "cannot read the log 'foreign.db': Permission denied"),
    ],
)
def test_a_foreign_log(
    kind: str, complaint: str, claim: Claim, cutproof: Run, tmp_path: Path
) -> None:
    if kind == "unreadable" and os.geteuid() == 0:
        pytest.skip("root can read every file")
    path = tmp_path / "foreign.db"
    if kind == "empty":
        path.touch()
    elif kind != "missing":
        foreign(path, kind, claim.log)
    before = path.read_bytes() if path.is_file() and kind != "unreadable" else None
    told = cutproof("replay", claim.replay_id, "--log", "foreign.db")
    assert (told.returncode, told.stdout) == (4, "")
    assert complaint in told.stderr
    assert len(told.stderr.splitlines()) == 1, told.stderr
    assert path.exists() == (kind != "missing")
    assert before is None or path.read_bytes() == before
