"""What the tests of faulty cores and of faulty drivers share: the patches and how one is caught."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from conftest import Run

PROMISES = {
    "bootable",
    "resumes",
    "update-completes",
    "no-phantom-update",
    "trial-happens",
    "unconfirmed-reverts",
    "confirmed-stays",
    "tells-truth",
    "legal-flash-use",
    "bounded-wear",
    "progresses",
    "authentic",
    "no-downgrade",
    "last-resort",
    "error-safe",
}


class Catch(NamedTuple):
    """What a core breaks and the case that shows it, or the scenario, with all its cases."""

    promise: str
    case: str


def core_path(cutproof_path: Path, name: str) -> Path:
    """Where the build puts the core with that patch."""
    return cutproof_path.parent / "cores" / f"{name}.so"


def rows(log: Path, sql: str, *values: str) -> list[tuple]:
    with closing(sqlite3.connect(log)) as db:
        return db.execute(sql, values).fetchall()


def command_after(output: str, promise: str) -> str:
    """The replay command printed in the block of a promise."""
    block = re.search(
        rf"^  promise   {re.escape(promise)}\n(?:  .*\n)*?  replay    (.*)$", output, re.MULTILINE
    )
    assert block, output
    return block[1]


def run_printed(command: str, program: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command line as a person would who copied it from the terminal."""
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command,
        shell=True,
        cwd=cwd,
        env={**os.environ, "PATH": path, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def expect_caught(
    name: str, promise: str, cases: list[str | Path], cutproof_path: Path, cutproof: Run, cwd: Path
) -> None:
    """The core breaks that promise in one of these cases, and so does the printed replay.

    `cases` are arguments of `cutproof run`.
    """
    log = cwd / "faulty.db"
    core = core_path(cutproof_path, name)
    ended = cutproof("run", *cases, "--core", core, "--log", log, cwd=cwd, timeout=300)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert rows(log, "SELECT core_name, complete FROM run") == [(name, 1)]
    assert ("VIOLATED", 0) in rows(log, "SELECT verdict, met FROM cases")
    found = dict(
        rows(log, "SELECT replay_id, message FROM violations WHERE promise = ?", promise)
    )
    assert found, rows(log, "SELECT promise, message FROM violations")

    command = command_after(ended.stdout, promise)
    [message] = [found[replay_id] for replay_id in found if f"'{replay_id}'" in command]
    replayed = run_printed(command, cutproof_path, cwd)
    assert replayed.returncode == 1, replayed.stdout + replayed.stderr
    assert f"\n  broken  {promise}: {message}\n" in replayed.stdout
    assert "\nREPRODUCED  " in replayed.stdout
