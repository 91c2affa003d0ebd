"""Traces for the tests of `cutproof replay`: small scenarios, run, and what they found."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any, Callable, NamedTuple

Run = Callable[..., "subprocess.CompletedProcess[str]"]

HOLE = "tests/data/cli/hole.yaml"

# What is changed of HOLE to make others: text to find, text in its place.
BAD = ("new: {size: 1KiB}", "new: {size: 1KiB, firmware: bad}")
WRITES_TWICE = [
    BAD,
    ("[bootable, tells-truth]", "[bootable, legal-flash-use]"),
    ("violates: [tells-truth]", "violates: [legal-flash-use]"),
]
TWO_PAGES = [
    ("at: 0x6400, size: 1KiB", "at: 0x6400, size: 2KiB"),
    ("at: 0x6800, size: 2KiB", "at: 0x6c00, size: 3KiB"),
    ("{size: 1KiB}", "{size: 2KiB}"),
    ("[bootable, tells-truth]", "[bootable]"),
    ("violates: [tells-truth]", "violates: [bootable]"),
]
TORN = [
    ("{cut: every-event}", "{cut: every-event, torn_erase: [all-but-first-word]}"),
    *TWO_PAGES,
]
UNDECIDED = [
    ("{cut: every-event}", "{cut: every-event, torn_erase: [any], torn_in: [state]}"),
    *TWO_PAGES,
]
MATRIX = [("properties:", "matrix: {layout.buffer: [32B, 64B]}\nproperties:")]


class Trace(NamedTuple):
    """A trace of a case, with the scenario it is of."""

    replay_id: str
    scenario: Path

    @property
    def trace(self) -> str:
        return self.replay_id.rpartition(":")[2]

    def of(self, trace: str) -> str:
        """The id of another trace of the same case."""
        return f"{self.replay_id.rpartition(':')[0]}:{trace}"


def scenario_with(root: Path, path: Path, changes: list[tuple[str, str]]) -> Path:
    """Write HOLE with some of its text replaced."""
    text = (root / HOLE).read_text(encoding="utf-8")
    for find, replace in changes:
        assert find in text
        text = text.replace(find, replace)
    path.write_text(text, encoding="utf-8")
    return path


def run_for_traces(cutproof: Run, scenario: Path, *options: str | Path) -> list[Trace]:
    """Run a scenario, and take the traces of its violations, in their order."""
    log = scenario.parent / f"{scenario.stem}.db"
    ran = cutproof("run", scenario, "--log", log, *options)
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    with closing(sqlite3.connect(log)) as db:
        rows = db.execute("SELECT replay_id FROM violations ORDER BY case_id, promise").fetchall()
    log.unlink()
    return [Trace(replay_id, scenario) for (replay_id,) in rows]


def steps_of(cutproof: Run, trace: Trace, *options: str | Path) -> list[dict[str, Any]]:
    """The steps of a plain replay, and its summary at the end."""
    shown = cutproof("replay", "--format", "json", trace.replay_id, trace.scenario, *options)
    assert shown.returncode in (0, 1), shown.stderr
    return [json.loads(line) for line in shown.stdout.splitlines()]


def is_operation(step: dict[str, Any]) -> bool:
    return step.get("kind") in ("program", "erase")
