"""Run logs of Cutproof as Python objects.

    import cutproof

    with cutproof.open("run.db") as log:
        for violation in log.violations():
            print(violation.scenario, violation.promise, violation.replay_id)

docs/python.md tells more; the rows are those of docs/SPEC.md, section 5.
"""

from __future__ import annotations

import os
from importlib import metadata

from cutproof.errors import (
    CutproofError,
    DamagedLogError,
    LogBusyError,
    LogError,
    LogNotFoundError,
    LogVersionError,
    NoSuchCaseError,
    NotALogError,
    ProgramNotFoundError,
    UnreadableLogError,
)
from cutproof.log import SCHEMA_VERSION, Log
from cutproof.program import find_program, include_dir
from cutproof.rows import (
    Area,
    Case,
    Cut,
    Failure,
    Image,
    Measure,
    Outcome,
    Page,
    Promise,
    Rows,
    Run,
    Scenario,
    Selected,
    Site,
    State,
    Step,
    Time,
    Trace,
    Unexercised,
    Violation,
    Wear,
)

__all__ = [
    "SCHEMA_VERSION",
    "Area",
    "Case",
    "Cut",
    "CutproofError",
    "DamagedLogError",
    "Failure",
    "Image",
    "Log",
    "LogBusyError",
    "LogError",
    "LogNotFoundError",
    "LogVersionError",
    "Measure",
    "NoSuchCaseError",
    "NotALogError",
    "Outcome",
    "Page",
    "ProgramNotFoundError",
    "Promise",
    "Rows",
    "Run",
    "Scenario",
    "Selected",
    "Site",
    "State",
    "Step",
    "Time",
    "Trace",
    "Unexercised",
    "UnreadableLogError",
    "Violation",
    "Wear",
    "find_program",
    "include_dir",
    "open",
]


def open(path: str | os.PathLike[str]) -> Log:
    """Open a run log for reading. A LogError says in one line why that cannot be done."""
    return Log(path)


def __getattr__(name: str) -> str:
    if name == "__version__":  # of what is installed: its sources have it in CMakeLists.txt
        return metadata.version("cutproof")
    raise AttributeError(f"module 'cutproof' has no attribute '{name}'")
