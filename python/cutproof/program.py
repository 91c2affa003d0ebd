"""Where the `cutproof` command and the headers of a core lie."""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path

from cutproof.errors import ProgramNotFoundError


def find_program(given: str | os.PathLike[str] | None = None) -> Path:
    """The `cutproof` command: the one given, $CUTPROOF, the one installed with this
    package, or the one on PATH. ProgramNotFoundError if there is none."""
    named = given or os.environ.get("CUTPROOF")
    if named:
        path = Path(named).expanduser().absolute()
        if not path.is_file() or not os.access(path, os.X_OK):
            raise ProgramNotFoundError(f"'{named}' is no program that can be run")
        return path
    beside = Path(sysconfig.get_path("scripts")) / "cutproof"
    if os.access(beside, os.X_OK):
        return beside
    found = shutil.which("cutproof")
    if not found:
        raise ProgramNotFoundError(
            "there is no 'cutproof' command; install the package with pip, or name one in CUTPROOF"
        )
    return Path(found)


def include_dir() -> Path:
    """The folder to compile a core of your own with: gcc -I. It is there once installed."""
    return Path(__file__).parent / "include"
